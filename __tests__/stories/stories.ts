import type { Mutation } from '../explorer/history.ts';
import type { Step, Story } from '../explorer/story.ts';

const cat: Mutation = { kind: 'put', content: 'cat' };
const dog: Mutation = { kind: 'put', content: 'dog' };
const bad: Mutation = { kind: 'put', content: 'bad' };
const deleted: Mutation = { kind: 'delete' };
const undeleted: Mutation = { kind: 'undelete' };
const expired: Mutation = { kind: 'expire' };
const erased = (version: string): Mutation => ({ kind: 'erase', version });

/** The first attempt of the first delivery of an event. */
const run = (mutation: number): string => `e${mutation}/0#1`;
const settled = (...mutations: number[]): Step[] => mutations.flatMap((mutation): Step[] => ['mutate', { run: run(mutation) }]);
const GONE = { record: 'gone', renditions: 'none' };
const CAT = { record: 'processed v1', renditions: 'v1', messages: ['processed v1'] };
const DOG = { record: 'processed v2', renditions: 'v2', messages: ['processed v1', 'processed v2'] };

/** What the guarantees mean for the owner of the photos, from the first upload to the rarest crash. Each is judged by the reference model at every step, too. */
export const STORIES: readonly Story[] = [
  { name: 'an upload becomes one record, its renditions and one message', scenario: { mutations: [cat] }, steps: settled(1), end: CAT },
  {
    name: 'a bad image is recorded and announced as failed',
    scenario: { mutations: [bad] },
    steps: settled(1),
    end: { record: 'failed v1', renditions: 'none', messages: ['failed v1'] },
  },
  {
    name: 'an event that is delivered again, spelt in another way, changes nothing',
    scenario: { mutations: [cat], deliveries: [2] },
    steps: [...settled(1), { run: 'e1.1/1#1' }],
    end: CAT,
  },
  {
    name: 'two deliveries of an event at once have one effect',
    scenario: { mutations: [cat], deliveries: [2] },
    steps: ['mutate', { run: run(1), to: 'originals.read' }, { run: 'e1.1/1#1' }, { run: run(1) }],
    end: CAT,
  },
  {
    name: 'two runs of one request at once send one message',
    scenario: { mutations: [cat], deliveries: [2], sameRequest: true },
    steps: ['mutate', { run: run(1), to: 'renditions.put' }, { run: 'e1/1#1', to: 'ledger.commit' }, { run: run(1) }, { run: 'e1/1#1' }],
    end: CAT,
  },
  {
    name: 'a second run of a request does not send what the first is sending',
    scenario: { mutations: [cat], deliveries: [2], sameRequest: true },
    steps: ['mutate', { run: run(1), to: 'ledger.startSending' }, { run: 'e1/1#1' }, { run: run(1) }],
    end: CAT,
  },
  {
    name: 'of two uploads in turn the newer one wins, and both are announced',
    scenario: { mutations: [cat, dog] },
    steps: settled(1, 2),
    end: DOG,
  },
  {
    name: 'events in the wrong order leave the newer upload, and the older one is never processed',
    scenario: { mutations: [cat, dog] },
    steps: ['mutate', 'mutate', { run: run(2) }, { run: run(1) }],
    end: { record: 'processed v2', renditions: 'v2', messages: ['processed v2'] },
  },
  {
    name: 'an upload that is replaced before it is read waits for the event of the newer one',
    scenario: { mutations: [cat, dog] },
    steps: ['mutate', { run: run(1), to: 'ledger.claim' }, 'mutate', { run: run(1) }, { run: run(2) }],
    end: { record: 'processed v2', renditions: 'v2', messages: ['processed v2'] },
  },
  {
    name: 'a newer upload overtakes an older one that is about to store its renditions',
    needs: 'conditional writes',
    scenario: { mutations: [cat, dog] },
    steps: ['mutate', { run: run(1), to: 'originals.read' }, 'mutate', { run: run(2) }, { run: run(1) }],
    end: { record: 'processed v2', renditions: 'v2', messages: ['processed v2'] },
  },
  {
    name: 'a newer upload overtakes an older one that is about to commit',
    scenario: { mutations: [cat, dog] },
    steps: [
      'mutate',
      { run: run(1), to: 'renditions.put' },
      'mutate',
      { run: run(2), to: 'ledger.claim' },
      { run: run(1) },
      { run: run(2) },
    ],
    end: { record: 'processed v2', renditions: 'v2', messages: ['processed v2'] },
  },
  {
    name: 'a photo that is replaced and then uploaded again with the same bytes ends with its newest version',
    needs: 'conditional writes',
    scenario: { mutations: [cat, dog, cat] },
    steps: ['mutate', { run: run(1) }, 'mutate', { run: run(2), to: 'renditions.head' }, 'mutate', { run: run(3) }, { run: run(2) }],
    end: { record: 'processed v3', renditions: 'v3', messages: ['processed v1', 'processed v3'] },
  },
  {
    name: 'a newer upload sends the message of the effect that it replaces',
    scenario: { mutations: [cat, dog] },
    steps: ['mutate', { run: run(1), to: 'ledger.commit', fault: 'die' }, 'mutate', { run: run(2) }, { run: 'e1/0#2' }],
    end: DOG,
  },
  {
    name: 'a bad upload leaves the renditions of the last good one in place',
    scenario: { mutations: [cat, bad] },
    steps: settled(1, 2),
    end: { record: 'failed v2', renditions: 'v1', messages: ['failed v2', 'processed v1'] },
  },
  {
    name: 'a late duplicate does not take away the only good renditions after a newer upload has failed',
    scenario: { mutations: [cat, bad], deliveries: [2, 1] },
    steps: [...settled(1, 2), { run: 'e1.1/1#1' }],
    end: { record: 'failed v2', renditions: 'v1', messages: ['failed v2', 'processed v1'] },
  },
  {
    name: 'a late duplicate does not take away the only good renditions while a newer upload waits for its retry',
    scenario: { mutations: [cat, dog], deliveries: [2, 1] },
    steps: [
      ...settled(1),
      'mutate',
      { run: run(2), to: 'originals.read', fault: 'fail' },
      { run: run(2) },
      { run: 'e1.1/1#1' },
      { run: 'e2/0#2' },
    ],
    end: DOG,
  },
  ...(
    [
      ['before its first call', { fault: 'dieFirst' }, 1],
      ['after the claim', { to: 'ledger.claim', fault: 'die' }, 1],
      ['after the read', { to: 'originals.read', fault: 'die' }, 1],
      ['after it stored the renditions', { to: 'renditions.put', fault: 'die' }, 1],
      ['after the commit', { to: 'ledger.commit', fault: 'die' }, 1],
      ['after it reserved the message', { to: 'ledger.startSending', fault: 'die' }, 1],
      ['after it sent the message, which is then repeated', { to: 'notifier.publish', fault: 'die' }, 2],
      ['after it marked the message as sent', { to: 'ledger.finishSending', fault: 'die' }, 1],
    ] as const
  ).map(
    ([when, death, messages]): Story => ({
      name: `a run that dies ${when} is made good by its retry`,
      scenario: { mutations: [cat] },
      steps: ['mutate', { run: run(1), ...death }],
      end: { ...CAT, messages: Array.from({ length: messages }, () => 'processed v1') },
    }),
  ),
  ...(['ledger.claim', 'renditions.put', 'ledger.commit', 'ledger.startSending', 'ledger.finishSending'] as const).map(
    (to): Story => ({
      name: `a lost answer of ${to} leaves one effect and one message`,
      scenario: { mutations: [cat] },
      steps: ['mutate', { run: run(1), to, fault: 'lose' }],
      end: CAT,
    }),
  ),
  {
    name: 'a lost answer of the notification service repeats the message',
    scenario: { mutations: [cat] },
    steps: ['mutate', { run: run(1), to: 'notifier.publish', fault: 'lose' }],
    end: { ...CAT, messages: ['processed v1', 'processed v1'] },
  },
  {
    name: 'a message that could not be sent is sent by the retry, and nothing is rendered again',
    scenario: { mutations: [cat] },
    steps: ['mutate', { run: run(1), to: 'notifier.publish', fault: 'fail' }],
    end: CAT,
  },
  {
    name: 'an outage of the notification service that outlasts all attempts ends with one message when the dead letter is redriven',
    scenario: { mutations: [cat] },
    steps: [
      'mutate',
      ...[1, 2, 3].flatMap((attempt): Step[] => [
        { run: `e1/0#${attempt}`, to: 'notifier.publish', fault: 'fail' },
        { run: `e1/0#${attempt}` },
      ]),
    ],
    end: CAT,
  },
  {
    name: 'a repeated commit does not take the message away from the run that is sending it',
    scenario: { mutations: [cat], deliveries: [2], sameRequest: true },
    steps: [
      'mutate',
      { run: run(1), to: 'ledger.commit', fault: 'lose' },
      { run: 'e1/1#1', to: 'ledger.startSending' },
      { run: run(1) },
      { run: 'e1/1#1' },
    ],
    end: CAT,
  },
  {
    name: 'when everything stalls until the lease has run out, another delivery takes over and the first run changes nothing any more',
    scenario: { mutations: [cat], deliveries: [2] },
    steps: ['mutate', { run: run(1), to: 'renditions.put' }, 'stall', { run: 'e1.1/1#1' }, { run: run(1) }],
    end: CAT,
  },
  {
    name: 'a false 404 for a recent upload is not believed',
    scenario: { mutations: [cat] },
    steps: ['mutate', { run: run(1), to: 'originals.read', fault: 'false404' }],
    end: CAT,
  },
  {
    name: 'a backfill announces nothing, and the event of the upload is announced all the same',
    needs: 'versions',
    scenario: { mutations: [cat], backfills: [1] },
    steps: ['mutate', { run: 'b1/0#1' }, { run: run(1) }],
    end: CAT,
  },
  {
    name: 'a backfill of what is settled changes nothing',
    scenario: { mutations: [cat], backfills: [1] },
    steps: [...settled(1), { run: 'b1/0#1' }],
    end: CAT,
  },
  {
    name: 'a report announces every effect once',
    scenario: { mutations: [cat, bad], deliveries: [2, 2], publish: ['report'], renditions: 2 },
    steps: settled(1, 2),
    end: { record: 'failed v2', renditions: 'v1', messages: ['failed v2', 'processed v1'] },
  },
  {
    name: 'where only failures are announced, a success is recorded in silence',
    scenario: { mutations: [bad, cat], publish: ['failed'] },
    steps: settled(1, 2),
    end: { record: 'processed v2', renditions: 'v2', messages: ['failed v1'] },
  },
  {
    name: 'a deleted photo leaves no rendition, and a record that names nothing',
    scenario: { mutations: [cat, deleted] },
    steps: settled(1, 2),
    end: { ...GONE, messages: ['processed v1'] },
  },
  {
    name: 'a photo that is deleted before it is read is never announced',
    scenario: { mutations: [cat, deleted] },
    steps: ['mutate', { run: run(1), to: 'ledger.claim' }, 'mutate', { run: run(1) }, { run: run(2) }],
    end: { ...GONE, messages: [] },
  },
  {
    name: 'a deletion that overtakes its upload leaves nothing for the upload to do',
    scenario: { mutations: [cat, deleted] },
    steps: ['mutate', 'mutate', { run: run(2) }, { run: run(1) }],
    end: { ...GONE, messages: [] },
  },
  {
    name: 'a deletion that comes between the store and the commit of an upload erases what was stored',
    scenario: { mutations: [cat, deleted] },
    steps: ['mutate', { run: run(1), to: 'renditions.put' }, 'mutate', { run: run(2) }, { run: run(1) }],
    end: { ...GONE, messages: [] },
  },
  {
    name: 'a photo whose only version is deleted for good leaves nothing, and its late upload event ends as superseded',
    scenario: { mutations: [cat, erased('v1')] },
    steps: ['mutate', 'mutate', { run: run(2) }, { run: run(1) }],
    end: { ...GONE, messages: [] },
  },
  {
    name: 'an upload that is no longer there, with nothing to prove it, is given up when its dead letter is redriven',
    scenario: { mutations: [cat, erased('v1')], deletePropagation: false },
    steps: ['mutate', 'mutate', { run: run(1) }],
    end: { ...GONE, messages: [] },
  },
  {
    name: 'a photo that was deleted and is brought back has its renditions again and is not announced again',
    scenario: { mutations: [cat, deleted, undeleted] },
    steps: settled(1, 2, 3),
    end: CAT,
  },
  {
    name: 'a delete marker that is removed before its event arrives takes nothing away',
    scenario: { mutations: [cat, deleted, undeleted] },
    steps: [...settled(1), 'mutate', 'mutate', { run: run(3) }, { run: run(2) }],
    end: CAT,
  },
  {
    name: 'when the newest version is deleted for good, the one before it is processed again and not announced again',
    scenario: { mutations: [cat, dog, erased('v2')] },
    steps: settled(1, 2, 3),
    end: { record: 'processed v1', renditions: 'v1', messages: ['processed v1', 'processed v2'] },
  },
  {
    name: 'a version that becomes current again and was never processed is processed and announced',
    scenario: { mutations: [cat, dog, erased('v2')] },
    steps: ['mutate', 'mutate', { run: run(2) }, 'mutate', { run: run(3) }, { run: run(1) }],
    end: { record: 'processed v1', renditions: 'v1', messages: ['processed v1', 'processed v2'] },
  },
  {
    name: 'a late duplicate changes nothing after the version that replaced it was deleted',
    scenario: { mutations: [cat, dog, erased('v2')], deliveries: [2, 1, 1] },
    steps: [...settled(1, 2), 'mutate', { run: 'e1.1/1#1' }, { run: run(3) }],
    end: { record: 'processed v1', renditions: 'v1', messages: ['processed v1', 'processed v2'] },
  },
  {
    name: 'when a bad newest version is deleted for good, the record describes the good one again',
    scenario: { mutations: [cat, bad, erased('v2')] },
    steps: settled(1, 2, 3),
    end: { record: 'processed v1', renditions: 'v1', messages: ['failed v2', 'processed v1'] },
  },
  {
    name: 'the deletion of an older version changes nothing',
    scenario: { mutations: [cat, dog, erased('v1')] },
    steps: settled(1, 2, 3),
    end: DOG,
  },
  {
    name: 'a photo that a lifecycle rule expires leaves nothing',
    scenario: { mutations: [cat, expired] },
    steps: settled(1, 2),
    end: { ...GONE, messages: ['processed v1'] },
  },
  {
    name: 'a version that a lifecycle rule deletes gives way to the one before it',
    scenario: { mutations: [cat, dog, { kind: 'expire', version: 'v2' }] },
    steps: settled(1, 2, 3),
    end: { record: 'processed v1', renditions: 'v1', messages: ['processed v1', 'processed v2'] },
  },
  {
    name: 'a photo that is uploaded again after it was deleted is processed again',
    scenario: { mutations: [cat, deleted, dog] },
    steps: settled(1, 2, 3),
    end: { record: 'processed v3', renditions: 'v3', messages: ['processed v1', 'processed v3'] },
  },
  {
    name: 'of two runs of a deletion, the one that found nothing does not erase what the other one found',
    scenario: { mutations: [cat, deleted, dog], deliveries: [1, 2, 1], sameRequest: true },
    steps: [
      ...['mutate' as const, 'mutate' as const],
      ...[
        { run: run(2), to: 'originals.read' },
        { run: 'e2/1#1', to: 'ledger.claim' },
      ],
      ...[
        'mutate' as const,
        { run: 'e2/1#1', to: 'renditions.put' },
        { run: run(2), to: 'renditions.head' },
        { run: 'e2/1#1', to: 'ledger.commit' },
        { run: run(2) },
      ],
    ],
    end: { record: 'processed v3', renditions: 'v3', messages: ['processed v3'] },
  },
  {
    name: 'a message that a dead run has reserved is sent in the end',
    scenario: { mutations: [cat, deleted, dog] },
    steps: [
      ...[
        'mutate' as const,
        'mutate' as const,
        { run: run(2), to: 'ledger.claim' },
        'mutate' as const,
        { run: run(2), to: 'ledger.commit' },
      ],
      ...[{ run: run(3), to: 'ledger.startSending', fault: 'die' as const }, { run: run(2) }, { run: 'e3/0#2' }],
    ],
    end: { record: 'processed v3', renditions: 'v3', messages: ['processed v3'] },
  },
  {
    name: 'a deletion that dies while it erases is finished by its retry',
    scenario: { mutations: [cat, deleted], renditions: 2 },
    steps: [...settled(1), 'mutate', { run: run(2), to: 'renditions.remove', fault: 'die' }],
    end: { ...GONE, messages: ['processed v1'] },
  },
  {
    name: 'a backfill that stores a rendition after the photo was erased takes it away again',
    scenario: { mutations: [cat, deleted], backfills: [1] },
    steps: [
      ...['mutate' as const, { run: 'b1/0#1', to: 'renditions.head' }, 'mutate' as const],
      ...[{ run: run(2), to: 'renditions.head' }, { run: 'b1/0#1', to: 'renditions.put' }, { run: run(2) }, { run: 'b1/0#1' }],
    ],
    end: { ...GONE, messages: [] },
  },
  {
    name: 'an upload whose event is lost has its effect and its message once a reconciliation asks for it',
    needs: 'versions',
    scenario: { mutations: [cat], deliveries: [0], reconciliations: [1] },
    steps: ['mutate', { run: 'c1/0#1' }],
    end: CAT,
  },
  {
    name: 'an event that comes after a reconciliation in spite of everything changes and announces nothing',
    needs: 'versions',
    scenario: { mutations: [cat], reconciliations: [1] },
    steps: ['mutate', { run: 'c1/0#1' }, { run: run(1) }],
    end: CAT,
  },
  {
    name: 'an event that overtakes a reconciliation has the only effect',
    needs: 'versions',
    scenario: { mutations: [cat], reconciliations: [1] },
    steps: ['mutate', { run: 'c1/0#1', to: 'renditions.put' }, { run: run(1) }, { run: 'c1/0#1' }],
    end: CAT,
  },
  {
    name: 'a reconciliation that an older event overtakes is retried, because the event of the current version is lost',
    needs: 'conditional writes',
    scenario: { mutations: [cat, dog], deliveries: [1, 0], reconciliations: [2] },
    steps: [
      'mutate',
      'mutate',
      { run: 'c2/0#1', to: 'renditions.put' },
      { run: run(1), to: 'originals.read' },
      { run: 'c2/0#1' },
      { run: run(1) },
    ],
    end: { record: 'processed v2', renditions: 'v2', messages: ['processed v2'] },
  },
  {
    name: 'a reconciliation of what is settled changes nothing',
    scenario: { mutations: [cat], reconciliations: [1] },
    steps: [...settled(1), { run: 'c1/0#1' }],
    end: CAT,
  },
  {
    name: 'a deletion whose event is lost takes the renditions away once a reconciliation asks for the key',
    needs: 'versions',
    scenario: { mutations: [cat, deleted], deliveries: [1, 0], reconciliations: [2] },
    steps: [...settled(1), 'mutate', { run: 'c2/0#1' }],
    end: { ...GONE, messages: ['processed v1'] },
  },
  {
    name: 'what two overtaken uploads have stored is gone once the newest one has failed',
    needs: 'conditional writes',
    scenario: { mutations: [cat, dog, bad] },
    steps: [
      ...['mutate' as const, { run: run(1), to: 'renditions.put' }, 'mutate' as const, { run: run(2), to: 'renditions.head' }],
      ...[
        { run: run(2), to: 'renditions.put', fault: 'die' as const },
        'mutate' as const,
        { run: run(3), to: 'ledger.claim' },
        { run: run(1) },
      ],
      ...[{ run: run(3) }, { run: 'e2/0#2' }],
    ],
    end: { record: 'failed v3', renditions: 'none', messages: ['failed v3'] },
  },
  {
    name: 'without delete propagation a deleted photo keeps its renditions',
    scenario: { mutations: [cat, deleted], deletePropagation: false },
    steps: [...settled(1), 'mutate'],
    end: CAT,
  },
  {
    name: 'a photo has a manifest of the version that it shows, whether that is processed or failed',
    scenario: { mutations: [cat, bad, dog, bad], manifest: true, renditions: 2 },
    steps: settled(1, 2, 3, 4),
    end: { record: 'failed v4', renditions: 'v3', messages: ['failed v2', 'failed v4', 'processed v1', 'processed v3'] },
  },
  {
    name: 'an upload that dies before its manifest leaves that of the version before, until its retry',
    scenario: { mutations: [cat, dog], manifest: true },
    steps: [...settled(1), 'mutate', { run: run(2), to: 'renditions.put', fault: 'die' }],
    end: DOG,
  },
  {
    name: 'the manifest of an upload that died is removed when its version is deleted for good',
    scenario: { mutations: [cat, bad, erased('v2')], manifest: true },
    steps: [...settled(1), 'mutate', { run: run(2), to: 'renditions.put', fault: 'die' }, 'mutate', { run: run(3) }],
    end: CAT,
  },
  {
    name: 'a manifest and its renditions disappear with their photo',
    scenario: { mutations: [cat, bad, deleted], manifest: true, renditions: 2 },
    steps: settled(1, 2, 3),
    end: { ...GONE, messages: ['failed v2', 'processed v1'] },
  },
  {
    name: 'a stalled upload cannot put its manifest on top of that of a newer one',
    needs: 'conditional writes',
    scenario: { mutations: [cat, dog], manifest: true },
    steps: ['mutate', { run: run(1), to: 'renditions.put' }, 'stall', 'mutate', { run: run(2) }, { run: run(1) }],
    end: { record: 'processed v2', renditions: 'v2', messages: ['processed v2'] },
  },
  {
    name: 'a version that failed is tagged and copied to quarantine, and both stay when a newer version succeeds',
    scenario: { mutations: [bad, cat], marksFailures: true },
    steps: settled(1, 2),
    needs: 'versions',
    end: { record: 'processed v2', renditions: 'v2', messages: ['failed v1', 'processed v2'] },
  },
  {
    name: 'a run that dies after it tagged and copied a failed version is made good by its retry',
    scenario: { mutations: [bad], marksFailures: true },
    steps: ['mutate', { run: run(1), to: 'failedOriginals.copy', fault: 'die' }, { run: 'e1/0#2' }],
    needs: 'versions',
    end: { record: 'failed v1', renditions: 'none', messages: ['failed v1'] },
  },
  {
    name: 'a copy that a slow run makes while the photo is erased does not remain',
    scenario: { mutations: [bad, deleted], marksFailures: true },
    steps: [
      'mutate',
      { run: run(1), to: 'failedOriginals.tag' },
      'mutate',
      { run: run(2), to: 'renditions.head' },
      { run: run(2), to: 'renditions.head' },
      { run: run(1) },
      { run: run(2) },
    ],
    needs: 'versions',
    end: { ...GONE, messages: [] },
  },
  {
    name: 'the copy that an event relies on does not go with the copy of a backfill that it overtook',
    scenario: { mutations: [bad], backfills: [1], marksFailures: true },
    steps: [
      'mutate',
      { run: 'b1/0#1', to: 'failedOriginals.copy' },
      { run: run(1), to: 'originals.read' },
      { run: 'b1/0#1', to: 'ledger.read' },
      { run: run(1) },
      { run: 'b1/0#1' },
    ],
    needs: 'versions',
    end: { record: 'failed v1', renditions: 'none', messages: ['failed v1'] },
  },
  {
    name: 'a rendition of a deleted version that a run could not remove does not stay on top of the last good one',
    scenario: { mutations: [cat, dog, erased('v2')], deliveries: [1, 2, 1], sameRequest: true, deletePropagation: false },
    steps: [
      ...settled(1),
      'mutate',
      { run: run(2), to: 'renditions.head' },
      'mutate',
      { run: 'e2/1#1' },
      { run: run(2), to: 'ledger.commit' },
      { run: run(2), to: 'renditions.head' },
      { run: run(2), to: 'ledger.read', fault: 'fail' },
      { run: run(2) },
      { run: 'e2/0#2' },
    ],
    needs: 'versions',
    end: { record: 'processed v1', renditions: 'v1', messages: ['processed v1'] },
  },
];
