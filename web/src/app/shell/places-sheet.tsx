import { t } from "@lingui/core/macro";
import { Drawer } from "antd";
import { useCatalog } from "@/api/catalog";
import { useAllViews } from "@/records/views/use-views";
import { useFocusBack } from "@/ui/focus";
import { workPlaces } from "./places";
import { Lists, PlaceLink, useHere } from "./sidebar";

/** The places of the side bar on a phone, from below. */
export function PlacesSheet({ onClose }: { onClose: () => void }) {
  useFocusBack();
  const views = useAllViews();
  const here = useHere(views);
  const catalog = useCatalog();
  return (
    <Drawer open placement="bottom" size="90%" title={t`台账`} onClose={onClose} data-testid="places-sheet">
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a link inside was followed, by a tap or by Enter */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: see above */}
      <div className="places-sheet" onClick={(event) => (event.target as Element).closest("a") && onClose()}>
        <Lists here={here} views={views} />
        <h2>{t`工作台`}</h2>
        {workPlaces(catalog)
          .filter((place) => !place.mark?.startsWith("board"))
          .map((place) => (
            <PlaceLink key={place.mark ?? place.to} place={place} here={here} />
          ))}
      </div>
    </Drawer>
  );
}
