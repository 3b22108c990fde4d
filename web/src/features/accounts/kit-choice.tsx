import { t } from "@lingui/core/macro";
import {
  Baby,
  Bed,
  BriefcaseBusiness,
  Building,
  CodeXml,
  Coffee,
  Factory,
  Globe,
  HandHelping,
  House,
  type LucideIcon,
  Shapes,
  Shirt,
  ShoppingCart,
  Sparkles,
  Store,
  UtensilsCrossed,
} from "lucide-react";
import { useId } from "react";
import type { Kit } from "@/api/types";
import { textOf } from "@/i18n";

// Kits without an icon of their own get the last one.
const ICONS: Record<string, LucideIcon> = {
  general: Shapes,
  retail: Store,
  beauty: Sparkles,
  restaurant: UtensilsCrossed,
  cafe: Coffee,
  clothing: Shirt,
  ecommerce: ShoppingCart,
  hotel: Bed,
  internet: Globe,
  manufacturing: Factory,
  mother_baby: Baby,
  projects: Building,
  real_estate: House,
  services: HandHelping,
  software: CodeXml,
};

interface Props {
  kits: Kit[];
  value?: string;
  onChange?: (kit: string) => void;
}

/** The trades that the server has kits for, the general one first: who is not sure is right with it. */
export function KitChoice({ kits, value, onChange }: Props) {
  const name = useId();
  const sorted = [...kits].sort((a, b) => Number(b.kit === "general") - Number(a.kit === "general"));
  return (
    <div className="kit-choice" role="radiogroup" aria-label={t`行业模板`} data-testid="setup-kit">
      {sorted.map((kit) => {
        const Icon = ICONS[kit.kit] ?? BriefcaseBusiness;
        return (
          <label
            key={kit.kit}
            className={kit.kit === value ? "chosen" : undefined}
            data-testid={`kit-${kit.kit}`}
          >
            <input
              type="radio"
              name={name}
              className="visually-hidden"
              checked={kit.kit === value}
              onChange={() => onChange?.(kit.kit)}
            />
            <Icon size={16} aria-hidden />
            <b>{textOf(kit.label)}</b>
            <span className="quiet small">{textOf(kit.description)}</span>
          </label>
        );
      })}
    </div>
  );
}
