// Lists that are put in order: an item is dragged by its handle, or moved by Alt with ↑ and ↓ on the handle, or by the
// two arrows beside it.
import {
  closestCenter,
  DndContext,
  DragOverlay,
  PointerSensor,
  pointerWithin,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { t } from "@lingui/core/macro";
import { ArrowDown, ArrowUp, GripVertical } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useState } from "react";

/** The list with one of its items at the place of another. */
export function moved<T>(items: T[], item: T, to: T): T[] {
  const place = items.indexOf(to);
  const rest = items.filter((one) => one !== item);
  rest.splice(place, 0, item);
  return rest;
}

interface AreaProps {
  /** `item` was let go on the place of `to`, which is of the same kind. */
  onDrop: (kind: string, item: string, to: string) => void;
  children: ReactNode;
}

/** What can be dragged within it changes places with its kind alone. */
export function OrderArea({ onDrop, children }: AreaProps) {
  const [label, setLabel] = useState<string | null>(null);
  const sensors = useSensors(useSensor(PointerSensor, { activationConstraint: { distance: 6 } }));
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={(args) => {
        const kind = kindOf(String(args.active.id));
        const same = {
          ...args,
          droppableContainers: args.droppableContainers.filter((one) => kindOf(String(one.id)) === kind),
        };
        const under = pointerWithin(same);
        return under.length ? under : closestCenter(same);
      }}
      accessibility={{
        announcements: {
          onDragStart: () => undefined,
          onDragOver: () => undefined,
          onDragEnd: () => undefined,
          onDragCancel: () => undefined,
        },
        screenReaderInstructions: { draggable: t`按 Alt 加上下方向键移动` },
      }}
      onDragStart={({ active }) => setLabel(String(active.data.current?.label ?? ""))}
      onDragCancel={() => setLabel(null)}
      onDragEnd={({ active, over }) => {
        setLabel(null);
        if (over && over.id !== active.id) {
          const [from, to] = [String(active.id), String(over.id)];
          onDrop(kindOf(from), nameOf(from), nameOf(to));
        }
      }}
    >
      {children}
      <DragOverlay dropAnimation={null}>
        {label === null ? null : <div className="order-dragged">{label}</div>}
      </DragOverlay>
    </DndContext>
  );
}

const kindOf = (id: string): string => id.slice(0, id.indexOf(":"));
const nameOf = (id: string): string => id.slice(id.indexOf(":") + 1);

interface ItemProps {
  as?: "li" | "div";
  kind: string;
  name: string;
  label: string;
  className?: string;
  isFirst: boolean;
  isLast: boolean;
  /** One place up or down; resolves when it stands there. */
  onStep: (step: -1 | 1) => Promise<void>;
  children: ReactNode;
}

/** An item of such a list, with its handle and its arrows. */
export function OrderItem(props: ItemProps) {
  const { as: Box = "li", kind, name, label, className, isFirst, isLast, onStep, children } = props;
  const id = `${kind}:${name}`;
  const drag = useDraggable({ id, data: { label } });
  const drop = useDroppable({ id });
  const step = async (by: -1 | 1, testid: string) => {
    if (by < 0 ? isFirst : isLast) return;
    await onStep(by);
    // It may have been built anew at its place: the keys go on working there.
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-testid="${testid}"]`)?.focus());
  };
  const onKey = (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    void step(event.key === "ArrowUp" ? -1 : 1, `order-${id}`);
  };
  const isOver = drop.isOver && drop.active?.id !== id;
  const classes = [className, isOver ? "order-over" : "", drag.isDragging ? "order-gone" : ""];
  return (
    <Box
      ref={(node: HTMLElement | null) => {
        drag.setNodeRef(node);
        drop.setNodeRef(node);
      }}
      className={classes.filter(Boolean).join(" ") || undefined}
    >
      <button
        type="button"
        ref={drag.setActivatorNodeRef}
        className="icon-button order-handle"
        aria-label={t`拖动，或按 Alt ↑ ↓ 移动：${label}`}
        title={t`拖动，或按 Alt ↑ ↓`}
        data-testid={`order-${id}`}
        {...drag.listeners}
        onKeyDown={onKey}
      >
        <GripVertical size={14} strokeWidth={1.75} aria-hidden />
      </button>
      {children}
      <button
        type="button"
        className="icon-button order-step"
        disabled={isFirst}
        aria-label={t`上移：${label}`}
        onClick={() => void step(-1, `order-${id}`)}
      >
        <ArrowUp size={14} />
      </button>
      <button
        type="button"
        className="icon-button order-step"
        disabled={isLast}
        aria-label={t`下移：${label}`}
        onClick={() => void step(1, `order-${id}`)}
      >
        <ArrowDown size={14} />
      </button>
    </Box>
  );
}
