import { Cascader } from "antd";
import { useMemo } from "react";
import { divisionPath, divisionTree } from "../regions";
import { type InputProps, isEmpty, plainText } from "../widget";

/** Province, city, county; each level may be the answer, and typing finds them by name. */
export function RegionInput({ value, onChange, onDone, id, autoFocus }: InputProps) {
  const tree = useMemo(divisionTree, []);
  return (
    <Cascader
      id={id}
      autoFocus={autoFocus}
      allowClear
      changeOnSelect
      style={{ width: "100%" }}
      showSearch
      options={tree}
      value={isEmpty(value) ? undefined : divisionPath(plainText(value))}
      onChange={(path) => {
        onChange((path as string[] | undefined)?.at(-1) ?? null);
        onDone?.();
      }}
    />
  );
}
