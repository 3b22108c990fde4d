import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button, QRCode, Segmented, Switch } from "antd";
import { Copy, Download } from "lucide-react";
import { type ReactNode, useState } from "react";
import { api } from "@/api/calls";
import { queryClient } from "@/api/catalog";
import { downloadUrl } from "@/api/client";
import { saveFile } from "@/api/jobs";
import type { PhoneAccess } from "@/api/types";
import { copyText } from "@/lib/clipboard";
import { canBeOffline, chooseOffline, wantsOffline } from "@/lib/offline";
import { sentenceOf } from "@/ui/errors";
import { Banner, PageHeader } from "@/ui/page";
import { toast } from "@/ui/toast";
import "./settings.css";

/** How a phone comes to the ledger: the address to scan, the certificate to install, the icon on the desk. */
export function PhonePage() {
  const access = useQuery({ queryKey: ["phone"], queryFn: api.phone });
  return (
    <div className="page" data-testid="phone-page">
      <PageHeader title={t`手机使用`} facts={t`手机和这台电脑连同一个 Wi-Fi，就能用同一本台账`} />
      <div className="page-body settings">
        {access.error ? <Banner bad>{sentenceOf(access.error)}</Banner> : null}
        {access.data ? <Address access={access.data} /> : null}
        {access.data?.certificate ? <Certificate certificate={access.data.certificate} /> : null}
        <Icon />
        <Offline isSecure={canBeOffline()} />
      </div>
    </div>
  );
}

function Address({ access }: { access: PhoneAccess }) {
  const [chosen, setChosen] = useState(0);
  const address = access.addresses[chosen];
  if (!address)
    return (
      <section>
        <h2>{t`先让手机找得到`}</h2>
        <p>{t`现在只有开着 Kehu 的这台电脑能打开。让管台账的人停下它，改用这条命令启动：`}</p>
        <p>
          <code>kehu serve --host 0.0.0.0 --tls</code>
        </p>
        <p className="quiet">{t`第一次这样启动，电脑可能问要不要让别的设备连进来，选「允许」。启动以后再打开这一页，这里会有二维码`}</p>
      </section>
    );
  return (
    <section>
      <h2>{t`用手机扫一扫`}</h2>
      <div className="phone-address">
        <QRCode value={address} type="svg" size={168} marginSize={2} color="#000" bgColor="#fff" />
        <div className="stack">
          <code data-testid="phone-address">{address}</code>
          <p className="quiet">{t`用手机自带的相机扫。用微信扫的话，点右上角的 …，选「在浏览器打开」`}</p>
          <span className="line">
            <Button icon={<Copy size={14} />} onClick={() => void copy(address)}>{t`复制地址`}</Button>
          </span>
          {access.addresses.length > 1 ? (
            <Segmented
              vertical
              aria-label={t`换一个地址`}
              value={chosen}
              onChange={setChosen}
              options={access.addresses.map((one, index) => ({
                value: index,
                label: one.replace(/^https?:\/\/|\/$/g, ""),
              }))}
            />
          ) : null}
        </div>
      </div>
      {access.certificate ? null : (
        <Banner>
          {t`现在的连接没有加密：同一个 Wi-Fi 里的人有办法看到来往的内容，手机上也不能离线看。让管台账的人在启动命令后面加上 --tls`}
        </Banner>
      )}
    </section>
  );
}

const copy = async (text: string): Promise<void> => {
  await copyText(text);
  toast(t`复制好了`);
};

type Device = "iphone" | "android" | "harmony" | "windows" | "mac";

function Certificate({ certificate }: { certificate: NonNullable<PhoneAccess["certificate"]> }) {
  const [device, setDevice] = useState<Device>(deviceOf(navigator.userAgent));
  return (
    <section>
      <h2>{t`装一次证书`}</h2>
      <p className="quiet">
        {t`证书让手机认得这台电脑。不装也能用，但每次打开都会警告「不安全」，也不能离线看。每台手机装一次`}
      </p>
      <span>
        <Button
          icon={<Download size={14} />}
          data-testid="download-certificate"
          onClick={() => saveFile(downloadUrl("/certificate.crt"))}
        >
          {t`下载证书`}
        </Button>
      </span>
      <div className="wide-choice">
        <Segmented<Device>
          aria-label={t`哪种设备`}
          value={device}
          onChange={setDevice}
          options={[
            { value: "iphone", label: "iPhone" },
            { value: "android", label: t`安卓` },
            { value: "harmony", label: t`鸿蒙` },
            { value: "windows", label: "Windows" },
            { value: "mac", label: "Mac" },
          ]}
        />
      </div>
      <ol className="steps">
        {stepsOf(device, certificate.name).map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the steps of a device stand still
          <li key={index}>{step}</li>
        ))}
      </ol>
      <p className="quiet small">
        {t`证书叫「${certificate.name}」，用到 ${certificate.until}。它只管这台电脑的名字和办公室里的地址，管不了别的网站。手机上显示的 SHA-256 指纹应当是：`}
      </p>
      <code className="fingerprint">{certificate.fingerprint}</code>
    </section>
  );
}

function deviceOf(agent: string): Device {
  if (/iPhone|iPad/.test(agent)) return "iphone";
  if (/OpenHarmony|HarmonyOS/.test(agent)) return "harmony";
  if (/Android/.test(agent)) return "android";
  return /Mac OS/.test(agent) ? "mac" : "windows";
}

function stepsOf(device: Device, name: string): ReactNode[] {
  const send = t`手机上打不开下载，就在电脑上下载，用微信「文件传输助手」发给自己，在手机上存下来`;
  if (device === "iphone")
    return [
      t`用 Safari 打开上面的地址，警告「此连接非私人连接」时点「显示详细信息」，再点「访问此网站」`,
      t`登录后回到这一页，点「下载证书」，选「允许」`,
      t`打开「设置」，点最上面的「已下载描述文件」，安装「${name}」`,
      t`还要打开信任：「设置」›「通用」›「关于本机」›「证书信任设置」，打开「${name}」`,
      t`关掉 Safari 再打开，地址前面没有警告就好了`,
    ];
  if (device === "android")
    return [
      t`点「下载证书」。${send}`,
      t`打开手机的「设置」，在上面搜「证书」，点「CA 证书」（有的叫「安装证书」「从存储设备安装」）`,
      t`小米：「密码与安全」›「系统安全」›「加密与凭据」›「安装证书」›「CA 证书」。别的牌子一般在「安全」›「更多安全设置」›「加密与凭据」里`,
      t`选「仍然安装」，再选下载的 kehu-ca.crt。没有锁屏密码的手机会先要你设一个`,
      t`用 Chrome 或 Edge 打开上面的地址，没有警告就好了。有的手机自带的浏览器不认自己装的证书`,
    ];
  if (device === "harmony")
    return [
      t`点「下载证书」。${send}`,
      t`打开「设置」，搜「证书」或「凭据」`,
      t`鸿蒙 5 以后一般在「隐私和安全」›「高级」›「证书与凭据」›「从存储设备安装」；鸿蒙 4 和以前在「安全」›「更多安全设置」›「加密和凭据」›「从存储设备安装」`,
      t`选下载的 kehu-ca.crt，装成「CA 证书」，再打开上面的地址`,
    ];
  if (device === "windows")
    return [
      t`点「下载证书」，双击下载的 kehu-ca.crt，点「安装证书」，选「当前用户」`,
      t`选「将所有的证书都放入下列存储」，点「浏览」，选「受信任的根证书颁发机构」，一路确定`,
      t`关掉浏览器再打开`,
    ];
  return [
    t`点「下载证书」，双击下载的 kehu-ca.crt，放进「登录」钥匙串`,
    t`在「钥匙串访问」里双击「${name}」，展开「信任」，选「始终信任」`,
    t`关掉浏览器再打开`,
  ];
}

function Icon() {
  return (
    <section>
      <h2>{t`放到桌面`}</h2>
      <ol className="steps">
        <li>{t`iPhone：在 Safari 里点分享的按钮，选「添加到主屏幕」`}</li>
        <li>{t`安卓：在 Chrome 里点右上角的 ⋮，选「添加到主屏幕」或「安装应用」`}</li>
        <li>{t`电脑：在 Chrome 或 Edge 的地址栏右边点安装的图标`}</li>
      </ol>
    </section>
  );
}

function Offline({ isSecure }: { isSecure: boolean }) {
  const [on, setOn] = useState(wantsOffline);
  const choose = async (next: boolean) => {
    setOn(next);
    try {
      await chooseOffline(next, () => void queryClient.invalidateQueries());
    } catch {
      setOn(false);
      toast(t`这个浏览器不让网页存东西，没有打开`);
    }
  };
  return (
    <section>
      <h2>{t`断网也能看`}</h2>
      {isSecure ? (
        <>
          <span className="line">
            <Switch
              aria-label={t`断网也能看`}
              data-testid="offline-switch"
              checked={on}
              onChange={(next) => void choose(next)}
            />
            <span>{t`在这台设备上留着最近看过的内容`}</span>
          </span>
          <p className="quiet">
            {t`连不上服务器时，打开就是上次看到的样子，只能看，不能改。内容在这台设备上最多留 12 小时，退出登录、换人登录就删掉。放到桌面的手机默认开着；和别人合用的手机、电脑不要开，用完要退出登录`}
          </p>
        </>
      ) : (
        <Banner>
          {t`这个地址的连接没有加密，浏览器不让网页在断网时打开，所以这里开不了。连着网时一切照常，没写完的内容也会留着。要打开：启动时加 --tls，手机上装好证书，再用 https 开头的地址打开`}
        </Banner>
      )}
    </section>
  );
}
