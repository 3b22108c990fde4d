import { t } from "@lingui/core/macro";
import { Modal } from "antd";
import { useFocusBack } from "@/ui/focus";
import { Keys } from "@/ui/keys";

/** All keys on one page. */
export function KeysHelp({ onClose }: { onClose: () => void }) {
  useFocusBack();
  const groups: [string, [string, string][]][] = [
    [
      t`哪里都能用`,
      [
        ["Ctrl K", t`搜索，也能执行操作`],
        ["Ctrl Z", t`撤销我的上一次改动`],
        ["Ctrl Y", t`重做`],
        ["Ctrl \\", t`收起或展开侧栏`],
        ["N", t`快速录入`],
        ["F6", t`到提示里、选中行的条里的按钮`],
        ["Esc", t`关掉最上面的一层`],
        ["?", t`看这张表`],
      ],
    ],
    [
      t`去哪里`,
      [
        ["G T", t`今日`],
        ["G L", t`客户列表`],
        ["G B", t`看板`],
        ["G K", t`日历`],
        ["G I", t`导入`],
        ["G C", t`变更集`],
        ["G S", t`设置`],
      ],
    ],
    [
      t`表格`,
      [
        ["Enter", t`改这一格`],
        ["F2", t`改这一格`],
        ["Space", t`在侧边打开这一行`],
        ["Ctrl Enter", t`打开整页`],
        ["Ctrl C", t`复制选中的格子`],
        ["Ctrl V", t`粘贴，Excel 里复制的也行`],
        ["Delete", t`清空选中的格子`],
        ["Alt X", t`选中这一行，再按取消`],
        ["Ctrl A", t`全选格子，再按选中所有行`],
        ["Alt M", t`这一列的菜单：移动、变宽、隐藏`],
      ],
    ],
    [
      t`日历`,
      [
        ["Alt ← →", t`提前或推后一天`],
        ["Alt ↑ ↓", t`提前或推后一周`],
      ],
    ],
    [
      t`客户页`,
      [
        ["F", t`写跟进`],
        ["D", t`改下次跟进`],
        ["E", t`编辑`],
        ["H", t`变更历史`],
        ["1–8", t`第几个标签`],
        ["[", t`上一条`],
        ["]", t`下一条`],
        ["Ctrl Enter", t`保存`],
      ],
    ],
    [
      t`今日`,
      [
        ["J", t`下一件`],
        ["K", t`上一件`],
        ["E", t`完成`],
        ["D", t`推迟`],
        ["Enter", t`打开`],
      ],
    ],
  ];
  return (
    <Modal open width={1040} style={{ top: 48 }} footer={null} title={t`按键`} onCancel={onClose}>
      <div className="keys-help" data-testid="keys-help">
        {groups.map(([title, keys]) => (
          <section key={title}>
            <h2>{title}</h2>
            <dl>
              {keys.map(([key, text]) => (
                <div key={key}>
                  <dt>
                    <Keys keys={key} />
                    <span className="visually-hidden">{key}</span>
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="quiet small">{t`单个字母的键在输入框里不起作用，也可以在设置里关掉`}</p>
    </Modal>
  );
}
