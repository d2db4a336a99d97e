import '../../ui/style.css';
import './studio.css';
import './photos.css';
import { render } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { Failure, Notifications, Section } from '../../ui/components.tsx';
import type { Delivery } from '../delivery.ts';
import { DropZone } from './drop-zone.tsx';
import { Gallery } from './gallery.tsx';
import { Header } from './header.tsx';
import { HowItWorks } from './how-it-works.tsx';
import { LatencyChart } from './latency-chart.tsx';
import { PhotoDialog } from './photo-dialog.tsx';
import { RecentPhotos } from './recent-photos.tsx';
import { useStudio } from './server.ts';
import { useUploads } from './uploads.ts';

const MAX_FAILURES = 6;
const MAX_MAILS = 8;

function Studio() {
  const { snapshot, connection, deliveries, mails, totals } = useStudio();
  const uploads = useUploads();
  const { theme, toggle } = useTheme();
  const [opened, setOpened] = useState<number>();
  if (snapshot === undefined || totals === undefined) {
    return <p class="starting">{connection === 'lost' ? 'The studio does not respond. Is it still running?' : 'Starting the studio …'}</p>;
  }
  const photo = deliveries.find(({ id }) => id === opened);
  const newestMails = mails.slice(-MAX_MAILS).reverse();
  const how = <HowItWorks key="how" deliveries={deliveries} />;
  const recent = <RecentPhotos key="recent" deliveries={deliveries} waitingUploads={uploads.waiting} onOpen={setOpened} />;
  return (
    <>
      <Header snapshot={snapshot} totals={totals} theme={theme} onToggleTheme={toggle} />
      <main>
        {connection === 'lost' && (
          <p class="alert" role="alert">
            The studio does not respond. This page reconnects as soon as it does.
          </p>
        )}
        <DropZone snapshot={snapshot} uploads={uploads} isEmpty={deliveries.length === 0} />
        {deliveries.length === 0 ? [how, recent] : [recent, how]}
        <Failures deliveries={deliveries} />
        <Gallery key={snapshot.preset} deliveries={deliveries} onOpen={setOpened} />
        <LatencyChart deliveries={deliveries} theme={theme} />
        <Section id="notifications" title="Notifications" count={totals.mails}>
          {totals.mails === 0 && <p class="empty">Nothing has been sent yet. Emails to the subscribers of the topic appear here.</p>}
          <Notifications mails={newestMails} more={totals.mails - newestMails.length} />
        </Section>
      </main>
      <footer class="page">
        Everything runs on this machine: the production bundle, against real S3, DynamoDB and SNS protocols. Nothing leaves it.
      </footer>
      {photo && <PhotoDialog key={photo.id} delivery={photo} onClose={() => setOpened(undefined)} />}
    </>
  );
}

function Failures({ deliveries }: { deliveries: readonly Delivery[] }) {
  const failed = deliveries.filter(({ status }) => status === 'failed' || status === 'deadLettered').reverse();
  if (failed.length === 0) return undefined;
  return (
    <Section id="failures" title="Needs your attention" count={failed.length}>
      <div class="failures">
        {failed.slice(0, MAX_FAILURES).map((delivery) => (
          <Failure key={delivery.id} photo={delivery} />
        ))}
      </div>
      {failed.length > MAX_FAILURES && <p class="quiet">… and {failed.length - MAX_FAILURES} more</p>}
    </Section>
  );
}

/** The system's theme until the user chooses one. */
function useTheme() {
  const [chosen, setChosen] = useState(() => localStorage.getItem('theme'));
  const [prefersDark] = useState(() => matchMedia('(prefers-color-scheme: dark)'));
  const [system, setSystem] = useState(prefersDark.matches ? 'dark' : 'light');
  useEffect(() => {
    const follow = ({ matches }: MediaQueryListEvent) => setSystem(matches ? 'dark' : 'light');
    prefersDark.addEventListener('change', follow);
    return () => prefersDark.removeEventListener('change', follow);
  }, [prefersDark]);
  const theme = chosen ?? system;
  // Before the chart is drawn, which reads the theme's colours.
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const toggle = () => {
    const other = theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem('theme', other);
    setChosen(other);
  };
  return { theme, toggle };
}

const root = document.getElementById('studio');
root?.replaceChildren();
if (root) render(<Studio />, root);
