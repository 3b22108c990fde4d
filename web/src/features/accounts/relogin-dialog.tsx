import { t } from "@lingui/core/macro";
import { Modal } from "antd";
import { useFocusBack } from "@/ui/focus";
import { LoginForm } from "./login-form";

interface Props {
  name: string;
  onLogin: (name: string, password: string) => Promise<void>;
  onCancel: () => void;
}

export function ReloginDialog({ name, onLogin, onCancel }: Props) {
  useFocusBack();
  return (
    <Modal
      open
      width={400}
      footer={null}
      title={t`登录过期了，再登录一次，页面上的内容都在`}
      onCancel={onCancel}
    >
      <LoginForm name={name} onLogin={onLogin} />
    </Modal>
  );
}
