// The package exports the shapes of its icons, but its types do not say so.
declare module "lucide-react/icons/calendar" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/chevron-down" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/chevron-right" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/chevrons-up" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/circle-check" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/circle-dashed" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/circle-question-mark" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/circle-x" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/clock-3" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/file-clock" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/hash" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/link" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/list" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/map-pin" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/moon" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/octagon-exclamation-point" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/phone" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/rotate-ccw" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/square-check" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/tag" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/trending-down" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/type" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/user" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
declare module "lucide-react/icons/user-x" {
  export const __iconData: import("@/lib/icon-data").IconData;
}
