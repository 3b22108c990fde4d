import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import type { Id, Person } from "@/api/types";
import { textOf } from "@/i18n";
import { sentenceOf } from "@/ui/errors";
import { Avatar } from "@/ui/marks";
import { Skeleton } from "@/ui/page";
import { toast } from "@/ui/toast";

/** Who may come in, with which role. */
export function PeoplePart({ own }: { own: Id }) {
  const people = useQuery({ queryKey: ["people"], queryFn: api.people });
  const [adding, setAdding] = useState(false);
  const [name, setName] = useState("");
  const [role, setRole] = useState("sales");
  const [password, setPassword] = useState("");
  const [failure, setFailure] = useState("");
  const roles = (people.data?.roles ?? []).map(({ key, label, rows }) => ({
    value: key,
    label: rows === "none" ? t`${textOf(label)}（还看不到任何记录）` : textOf(label),
    disabled: rows === "none",
  }));

  const change = async (person: Person, body: Parameters<typeof api.changePerson>[1], told: string) => {
    try {
      await api.changePerson(person.id, body);
      toast(told);
    } catch (error) {
      toast(sentenceOf(error));
    }
    void people.refetch();
  };
  const add = async (event: FormEvent) => {
    event.preventDefault();
    setFailure("");
    try {
      await api.addPerson({ name: name.trim(), role, password });
      toast(t`已加「${name.trim()}」，把密码告诉本人，登录后自己改`);
      setAdding(false);
      setName("");
      setPassword("");
      void people.refetch();
    } catch (error) {
      setFailure(sentenceOf(error));
    }
  };
  return (
    <section data-testid="people">
      <div className="line">
        <h2>{t`同事和角色`}</h2>
        <span className="grow" />
        {adding ? null : (
          <button
            type="button"
            className="link-button"
            data-testid="add-person"
            onClick={() => setAdding(true)}
          >
            {t`加一位同事`}
          </button>
        )}
      </div>
      {adding ? (
        <form className="inline-form" onSubmit={(event) => void add(event)}>
          <Input
            autoFocus
            aria-label={t`登录的名字`}
            placeholder={t`登录的名字`}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Select
            aria-label={t`角色`}
            popupMatchSelectWidth={false}
            options={roles}
            value={role}
            onChange={setRole}
          />
          <Input.Password
            aria-label={t`先用的密码`}
            placeholder={t`先用的密码，至少 8 位`}
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <Button type="primary" htmlType="submit" data-testid="save-person">{t`加上`}</Button>
          <Button onClick={() => setAdding(false)}>{t`取消`}</Button>
        </form>
      ) : null}
      {failure ? (
        <p className="danger-text" role="alert">
          {failure}
        </p>
      ) : null}
      {people.error ? <p className="danger-text">{sentenceOf(people.error)}</p> : null}
      {people.isPending ? <Skeleton rows={3} /> : null}
      <table className="ledger-table">
        <tbody>
          {(people.data?.items ?? []).map((person) => (
            <tr key={person.id} data-testid={`person-${person.id}`}>
              <td>
                <span className="with-icon">
                  <Avatar name={person.name} />
                  {person.name}
                  {person.state === "disabled" ? <span className="flag sla">{t`停用`}</span> : null}
                </span>
              </td>
              <td>
                <Select
                  size="small"
                  variant="borderless"
                  aria-label={t`${person.name} 的角色`}
                  popupMatchSelectWidth={false}
                  options={roles}
                  value={person.roles[0]}
                  onChange={(next: string) =>
                    void change(person, { roles: [next] }, t`已改「${person.name}」的角色，下一步操作就生效`)
                  }
                />
              </td>
              <td className="number">
                {person.id === own ? (
                  <span className="quiet">{t`你自己`}</span>
                ) : (
                  <Button
                    size="small"
                    onClick={() =>
                      person.state === "active"
                        ? void change(
                            person,
                            { state: "disabled" },
                            t`已停用「${person.name}」，他的登录都退出了`,
                          )
                        : void change(person, { state: "active" }, t`已启用「${person.name}」`)
                    }
                  >
                    {person.state === "active" ? t`停用` : t`启用`}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
