// The saved views of an entity that the caller has: one's own and shared ones.
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import { queryClient } from "@/api/catalog";
import type { View } from "@/api/types";
import { sentenceOf } from "@/ui/errors";
import { toast } from "@/ui/toast";

const ALL = { queryKey: ["views"], queryFn: () => api.views(), staleTime: 60_000 };

/** The views of an entity; those of all come in one answer, which the side bar shows too. */
export function useViews(entity: string): View[] | undefined {
  return useQuery({ ...ALL, select: ({ items }) => items.filter((view) => view.entity === entity) }).data;
}

/** The views of all entities. */
export const useAllViews = (): View[] => useQuery(ALL).data?.items ?? [];

/** Lists, side bar and palette all show views. */
const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ["views"] });

/** The view that the entity opens with: one's own choice before that of everybody. */
export const standardView = (views: View[]): View | undefined =>
  views.find((view) => view.standard && !view.shared) ?? views.find((view) => view.standard);

export async function createView(
  entity: string,
  name: string,
  data: View["data"],
  shared: boolean,
): Promise<View | null> {
  try {
    const view = await api.createView({ entity, name, data, shared });
    await refresh();
    toast(t`已存为视图「${view.name}」`);
    return view;
  } catch (error) {
    toast(sentenceOf(error));
    return null;
  }
}

export async function changeView(view: View, change: Parameters<typeof api.changeView>[1], said: string) {
  try {
    await api.changeView(view.id, { ...change, revision: view.revision });
    await refresh();
    toast(said);
    return true;
  } catch (error) {
    await refresh();
    toast(sentenceOf(error));
    return false;
  }
}

/** Deletes a view; the toast makes it anew. */
export async function deleteView(view: View): Promise<boolean> {
  try {
    await api.deleteView(view.id);
    await refresh();
    toast(t`已删除视图「${view.name}」`, {
      label: t`撤销`,
      run: () => void createView(view.entity, view.name, view.data, view.shared),
    });
    return true;
  } catch (error) {
    toast(sentenceOf(error));
    return false;
  }
}
