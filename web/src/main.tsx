import { createRoot } from "react-dom/client";
import { Root } from "./app/root";
import { activate, preferredLocale } from "./i18n";
import "./ui/global.css";

const place = document.getElementById("root");
if (!place) throw new Error("index.html has no #root");

await activate(preferredLocale());
createRoot(place).render(<Root />);
