import { useEffect, useState } from 'preact/hooks';
import { Counters, type Figure, Hero } from '../../ui/components.tsx';
import { plural, readableBytes, readableChange, recipeInWords, statusInWords } from '../../ui/readable.ts';
import type { Totals } from '../delivery.ts';
import type { Snapshot } from '../studio.ts';
import { useCommand } from './command-button.tsx';

type PresetInfo = Pick<Snapshot, 'preset' | 'presets' | 'recipe'>;

interface HeaderProps {
  readonly snapshot: PresetInfo;
  readonly totals: Totals;
  readonly theme: string;
  readonly onToggleTheme: () => void;
}

/** The preset that runs, its figures, and the switches for preset and theme. */
export function Header({ snapshot, totals, theme, onToggleTheme }: HeaderProps) {
  return (
    <Hero>
      <div class="switches">
        <PresetSwitch snapshot={snapshot} />
        <button type="button" onClick={onToggleTheme} aria-pressed={theme === 'dark'}>
          <span aria-hidden="true">{theme === 'dark' ? '☾' : '☀'}</span> Dark
        </button>
      </div>
      <h1>Drop photos, watch every step</h1>
      <p>The whole serverless image pipeline, on this machine. {recipeInWords(snapshot.recipe)}</p>
      <Counters figures={figuresOf(totals)} />
      <Announcement totals={totals} />
    </Hero>
  );
}

function PresetSwitch({ snapshot: { preset, presets } }: { snapshot: PresetInfo }) {
  const { isBusy, problem, send } = useCommand();
  return (
    <>
      <label class="preset">
        Preset
        <select
          value={preset}
          disabled={isBusy}
          onChange={({ currentTarget }) => send(`/api/preset?name=${encodeURIComponent(currentTarget.value)}`)}
        >
          {presets.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {isBusy && <span role="status">Starting …</span>}
      {problem && <span role="alert">{problem}</span>}
    </>
  );
}

const OUTCOMES = ['deadLettered', 'processed', 'failed', 'duplicate', 'superseded', 'gone', 'ignored'] as const;
const ALWAYS_SHOWN: readonly string[] = ['processed', 'failed', 'duplicate', 'superseded'];

function figuresOf({ outcomes, bytesBefore, bytesAfter, crashes, mails }: Totals): Figure[] {
  const shown = OUTCOMES.filter((status) => outcomes[status] > 0 || ALWAYS_SHOWN.includes(status));
  return [
    ...shown.map((status) => ({ label: statusInWords(status), value: outcomes[status] })),
    { label: mails === 1 ? 'notification' : 'notifications', value: mails },
    ...(crashes > 0 ? [{ label: crashes === 1 ? 'worker killed' : 'workers killed', value: crashes }] : []),
    ...(bytesBefore > 0 ? [{ label: `of ${readableBytes(bytesBefore)}`, value: readableChange(bytesBefore, bytesAfter) }] : []),
  ];
}

/** Informs screen readers about progress, but not about every photo. */
function Announcement({ totals: { outcomes } }: { totals: Totals }) {
  const [text, setText] = useState('');
  const { processed, failed } = outcomes;
  useEffect(() => {
    const summary = processed + failed === 0 ? '' : `${plural(processed, 'photo')} processed, ${failed} failed.`;
    const timer = setTimeout(() => setText(summary), 1000);
    return () => clearTimeout(timer);
  }, [processed, failed]);
  return (
    <p class="visually-hidden" role="status">
      {text}
    </p>
  );
}
