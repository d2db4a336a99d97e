import { render } from 'preact';
import { useState } from 'preact/hooks';
import { Detail } from './components/detail.js';
import { DropZone } from './components/drop-zone.js';
import { Failures } from './components/failures.js';
import { Gallery } from './components/gallery.js';
import { Header } from './components/header.js';
import { HowItWorks } from './components/how-it-works.js';
import { html } from './components/html.js';
import { Latency } from './components/latency.js';
import { Mailbox } from './components/mailbox.js';
import { Travellers } from './components/travellers.js';
import { connect, useStudio } from './state.js';
import { useTheme } from './theme.js';
import { useUploads } from './uploads.js';

function Studio() {
  const studio = useStudio();
  const uploads = useUploads();
  const { theme, toggle } = useTheme();
  const [opened, setOpened] = useState(/** @type {number | undefined} */ (undefined));
  const { snapshot, connection, deliveries, mails, totals } = studio;
  if (!snapshot || !totals)
    return html`<p class="starting">${connection === 'lost' ? 'The studio does not answer. Is it still running?' : 'Starting the studio …'}</p>`;
  const photo = deliveries.find(({ id }) => id === opened);
  // Newcomers read how it works; whoever has photos under way looks at those.
  const how = html`<${HowItWorks} key="how" deliveries=${deliveries} />`;
  const travellers = html`<${Travellers} key="travellers" deliveries=${deliveries} uploads=${uploads} onOpen=${setOpened} />`;
  return html`
    <${Header} snapshot=${snapshot} totals=${totals} theme=${theme} onToggleTheme=${toggle} />
    <main>
      ${connection === 'lost' && html`<p class="alert" role="alert">The studio does not answer. This page connects again as soon as it does.</p>`}
      <${DropZone} snapshot=${snapshot} uploads=${uploads} empty=${deliveries.length === 0} />
      ${deliveries.length === 0 ? [how, travellers] : [travellers, how]}
      <${Failures} deliveries=${deliveries} />
      <${Gallery} key=${snapshot.preset} deliveries=${deliveries} onOpen=${setOpened} />
      <${Latency} deliveries=${deliveries} theme=${theme} />
      <${Mailbox} mails=${mails} total=${totals.mails} />
    </main>
    <footer class="page">Everything here runs on this machine: the production bundle between real S3, DynamoDB and SNS protocols. Nothing leaves it.</footer>
    ${photo && html`<${Detail} key=${photo.id} delivery=${photo} onClose=${() => setOpened(undefined)} />`}
  `;
}

const root = document.getElementById('studio');
root?.replaceChildren();
if (root) render(html`<${Studio} />`, root);
connect();
