import { useMemo, useState } from 'preact/hooks';
import { thumbHashToDataURL } from 'thumbhash';
import { ObjectKey, Section, StatusBadge } from '../../ui/components.tsx';
import { plural, readableBytes, readableChange } from '../../ui/readable.ts';
import type { Delivery } from '../delivery.ts';

/** Photos to show at first, and to add each time; a thousand pictures at once would be slow. */
const PAGE = 24;

interface GalleryProps {
  readonly deliveries: readonly Delivery[];
  readonly onOpen: (id: number) => void;
}

/** The photos that were processed, newest first. */
export function Gallery({ deliveries, onOpen }: GalleryProps) {
  const [shown, setShown] = useState(PAGE);
  const processed = deliveries.filter(({ status }) => status === 'processed').reverse();
  if (processed.length === 0) return undefined;
  const left = processed.length - shown;
  return (
    <Section id="gallery" title="Processed" count={processed.length}>
      <ul class="gallery">
        {processed.slice(0, shown).map((delivery) => (
          <Photo key={delivery.id} delivery={delivery} onOpen={onOpen} />
        ))}
      </ul>
      {left > 0 && (
        <button type="button" class="more" onClick={() => setShown(shown + PAGE)}>
          Show {plural(Math.min(left, PAGE), 'more photo')}
        </button>
      )}
    </Section>
  );
}

function Photo({ delivery, onOpen }: { delivery: Delivery; onOpen: GalleryProps['onOpen'] }) {
  const { id, key, bytes = 0, outputs, status } = delivery;
  const after = outputs.reduce((sum, output) => sum + output.bytes, 0);
  return (
    <li>
      <button type="button" class="photo" onClick={() => onOpen(id)}>
        <Picture delivery={delivery} />
        <span class="caption">
          <span class="key">
            <ObjectKey name={key} />
          </span>
          <StatusBadge status={status} />
        </span>
        <span class="caption quiet">
          <span>{after > 0 ? `${readableBytes(bytes)} → ${readableBytes(after)}` : readableBytes(bytes)}</span>
          {after > 0 && <strong>{readableChange(bytes, after)}</strong>}
        </span>
      </button>
    </li>
  );
}

/** The first rendition, over its placeholder until it is loaded. */
function Picture({ delivery: { id, outputs, image } }: { delivery: Delivery }) {
  const [isLoaded, setLoaded] = useState(false);
  const placeholder = usePlaceholder(image?.thumbHash);
  return (
    <span class="picture">
      {placeholder && <img class="placeholder" src={placeholder} alt="" />}
      {outputs.length > 0 && (
        <img
          class={isLoaded ? 'loaded' : 'loading'}
          src={`/api/deliveries/${id}/renditions/0`}
          alt=""
          loading="lazy"
          decoding="async"
          onLoad={() => setLoaded(true)}
        />
      )}
    </span>
  );
}

/** Decodes a ThumbHash to a data URI; undefined if there is none. */
export function usePlaceholder(thumbHash: string | undefined): string | undefined {
  return useMemo(
    () => thumbHash && thumbHashToDataURL(Uint8Array.from(atob(thumbHash), (character) => character.charCodeAt(0))),
    [thumbHash],
  );
}
