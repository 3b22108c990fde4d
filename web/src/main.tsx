import "./lib/trusted-types";
import { createRoot } from "react-dom/client";
import { Root } from "./app/root";
import { router } from "./app/router";
import { activate, preferredLocale } from "./i18n";
import "./ui/global.css";

const place = document.getElementById("root");
if (!place) throw new Error("index.html has no #root");

// The code of the page comes while the server tells who is here.
const { pathname, search } = router.latestLocation;
void router.preloadRoute({ to: pathname, search } as never);
await activate(preferredLocale());
createRoot(place).render(<Root />);
