import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { z } from 'zod';
import { PRESET_NAMES } from '../../config/presets.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { type Ended, runProgram, StartedProgram } from '../started-program.ts';

/** The document that scripts read. */
const documentSchema = z.strictObject({
  preset: z.string(),
  summary: z.strictObject({
    processed: z.number(),
    failed: z.number(),
    duplicate: z.number(),
    superseded: z.number(),
    gone: z.number(),
    ignored: z.number(),
    seconds: z.number().positive(),
  }),
  images: z.array(
    z.strictObject({
      key: z.string(),
      status: z.enum(['processed', 'failed', 'duplicate', 'superseded', 'gone', 'ignored']),
      failureCode: z.string().optional(),
      detail: z.string().optional(),
      outputs: z.array(
        z.strictObject({
          key: z.string(),
          width: z.number(),
          height: z.number(),
          format: z.string(),
          bytes: z.number(),
          file: z.string(),
        }),
      ),
      milliseconds: z.number(),
    }),
  ),
  notifications: z.array(z.strictObject({ subject: z.string(), message: z.string(), attributes: z.record(z.string(), z.string()) })),
});
type RunDocument = z.infer<typeof documentSchema>;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
});

afterAll(() => rm(folder, { recursive: true }));

const start = (...options: string[]): Promise<Ended> => runProgram(['cli/launch.mjs', ...options]);

async function write(name: string, bytes: Buffer | string): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

/** A 4:3 photo with GPS data; enlarging a small one is faster than painting it. */
async function largePhoto(width: number): Promise<Buffer> {
  const photo = await makePhoto({ width: 240, height: 180, gps: true });
  return sharp(photo).resize(width).keepExif().jpeg().toBuffer();
}

describe('a run on a folder', () => {
  const hostileName = '<img src=x onerror=alert(1)>.jpg';
  let result: Ended;
  let document: RunDocument;

  beforeAll(async () => {
    const photo = await largePhoto(1600);
    await write('photos/holiday/IMG_0001.JPG', photo);
    await write('photos/Grüße aus Köln + 100%.jpeg', photo);
    await write(`photos/${hostileName}`, photo);
    await write('photos/line\nbreak.jpg', photo);
    await write('photos/logo.png', await makePhoto({ format: 'png', alpha: true, width: 120, height: 90 }));
    await write('photos/truncated.jpg', photo.subarray(0, photo.length / 2));
    await write('photos/no picture.jpg', 'This is a text.');
    await write('photos/empty.png', '');
    await write('photos/notes.txt', 'This is a text.');
    await write('photos/.hidden.jpg', photo);
    result = await start('--json', '--out', join(folder, 'out'), join(folder, 'photos'));
    document = documentSchema.parse(JSON.parse(result.stdout));
  });

  function image(key: string): RunDocument['images'][number] {
    const found = document.images.find((each) => each.key === key);
    if (!found) throw new Error(`No image has the key "${key}".`);
    return found;
  }

  test('works although some images are at fault, and prints one document and nothing else', () => {
    expect(result.code).toBe(0);
    expect(document.preset).toBe('photo-sharing');
    expect(document.summary).toMatchObject({ processed: 5, failed: 3, duplicate: 0, superseded: 0, gone: 0, ignored: 1 });
    expect(document.images).toHaveLength(9);
  });

  test('writes only renditions with --no-report', async () => {
    const { code, stdout } = await start('--no-report', '--out', join(folder, 'bare'), join(folder, 'photos/logo.png'));

    expect(code).toBe(0);
    expect(stdout).toContain('processed 1');
    expect(stdout).not.toContain('eport');
    expect(await readdir(join(folder, 'bare'))).toEqual(['resized']);
  });

  test('shows progress on standard error', () => {
    expect(result.stderr).toMatch(/^9 of 9 · /m);
    expect(result.stderr).not.toContain('Warning');
  });

  test.each([
    ['truncated.jpg', 'Corrupt'],
    ['no picture.jpg', 'UnsupportedType'],
    ['empty.png', 'Empty'],
  ])('%s fails as %s', (key, failureCode) => {
    expect(image(key)).toMatchObject({ status: 'failed', failureCode, outputs: [] });
  });

  test('a file that does not match the trigger is ignored, with the reason', () => {
    expect(image('notes.txt')).toMatchObject({ status: 'ignored', detail: expect.stringContaining('.jpg') });
  });

  test('writes a rendition that fits the box, without GPS data', async () => {
    const [output] = image('holiday/IMG_0001.JPG').outputs;
    expect(output).toMatchObject({ key: 'resized/holiday/IMG_0001.JPG', width: 1024, height: 768, format: 'jpeg' });
    const bytes = await readFile(output?.file ?? '');
    expect(bytes).toHaveLength(output?.bytes ?? 0);
    const { width, height, exif } = await sharp(bytes).metadata();
    expect({ width, height, exif }).toEqual({ width: 1024, height: 768, exif: undefined });
  });

  test('writes each rendition to a separate file inside the output folder, whatever the name of the photo', async () => {
    const written = document.images.flatMap(({ outputs }) => outputs.map(({ file }) => file)).sort();
    const present = await readdir(join(folder, 'out'), { recursive: true, withFileTypes: true });
    const files = present.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(files.sort()).toEqual([...written, join(folder, 'out/report.html')].sort());
    expect(written).toContain(join(folder, 'out/resized/line_break.jpg'));
    expect(written).toContain(join(folder, 'out/resized/logo.png.jpg'));
  });

  test('sends a mail for each failure', () => {
    expect(document.notifications).toHaveLength(3);
    expect(document.notifications.map(({ attributes }) => attributes.failureCode).sort()).toEqual(['Corrupt', 'Empty', 'UnsupportedType']);
  });

  test('writes a report that escapes a hostile name', async () => {
    const report = await readFile(join(folder, 'out/report.html'), 'utf8');
    expect(report).toContain('5 of 9 photos processed');
    expect(report).toContain('&lt;img src=x onerror=alert(1)>.jpg');
    expect(report).not.toContain(hostileName);
  });
});

describe('every preset', () => {
  let results: Record<string, Ended>;

  beforeAll(async () => {
    await write('one/photo.jpg', await largePhoto(2000));
    const runs = PRESET_NAMES.filter((preset) => preset !== 'photo-sharing').map(async (preset) => {
      return [preset, await start('--preset', preset, '--json', '--out', join(folder, preset), join(folder, 'one'))] as const;
    });
    results = Object.fromEntries(await Promise.all(runs));
  });

  test.each([
    ['media-thumbnails', 'photo.jpg', [{ key: 'thumbnails/photo.jpg', width: 256, height: 192 }], 0],
    ['upload-processing', 'uploads/photo.jpg', [{ key: 'processed/uploads/photo.jpg', width: 1440, height: 1080 }], 1],
    ['image-metadata', 'photo.jpg', [], 1],
  ])('%s processes the key %s', (preset, key, outputs, notifications) => {
    const document = documentSchema.parse(JSON.parse(results[preset]?.stdout ?? ''));
    expect(results[preset]?.code).toBe(0);
    expect(document.preset).toBe(preset);
    expect(document.images).toMatchObject([{ key, status: 'processed', outputs }]);
    expect(document.notifications).toHaveLength(notifications);
  });
});

describe('a command that cannot be carried out', () => {
  const mistakes = {
    'an unknown option': { options: ['--frobnicate'], words: ['--frobnicate', '--help'] },
    'an unknown preset': { options: ['--preset', 'holiday'], words: ['holiday', ...PRESET_NAMES] },
    'a path that does not exist': { options: ['/no/such/folder'], words: ['/no/such/folder', 'Give paths that exist'] },
    'an empty folder': { options: ['EMPTY'], words: ['has no files', 'Give a folder'] },
    'an output folder that is a file': { options: ['--out', 'package.json', 'tsconfig.json'], words: ['package.json', '--out'] },
  } as const;
  let results: Record<string, Ended>;

  beforeAll(async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    const runs = Object.entries(mistakes).map(async ([mistake, { options }]) => {
      return [mistake, await start(...options.map((option) => (option === 'EMPTY' ? empty : option)))] as const;
    });
    results = Object.fromEntries(await Promise.all(runs));
  });

  test.each(Object.entries(mistakes))('with %s exits with one helpful message', (mistake, { words }) => {
    const { code, stdout, stderr = '' } = results[mistake] ?? {};
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const word of words) expect(stderr).toContain(word);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

test('--help lists the options, the presets and examples', async () => {
  const { code, stdout } = await start('--help');
  expect(code).toBe(0);
  for (const word of ['--preset', '--json', '--out', ...PRESET_NAMES, 'npm start -- ']) expect(stdout).toContain(word);
});

describe('an interruption', () => {
  beforeAll(async () => {
    const photo = await largePhoto(2400);
    for (let index = 0; index < 40; index++) await write(`many/${index}.jpg`, photo);
  });

  test.each([
    ['Ctrl-C, which reaches every process', 'interrupt'],
    ['SIGTERM to the first process', 'terminate'],
  ] as const)('by %s stops everything and leaves only finished files', async (_how, end) => {
    const out = join(folder, end);
    const program = StartedProgram.start(['cli/launch.mjs', '--out', out, join(folder, 'many')]);
    await program.printed(/./);
    program[end]();
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr.trimEnd().split('\n').at(-1)).toBe('Interrupted. Finished renditions are in the output folder.');
    await program.leftNothing();
    const left = await readdir(out, { recursive: true });
    expect(left.filter((name) => name !== 'resized' && !name.endsWith('.jpg'))).toEqual([]);
    // From memory: in a process that runs tests of the function as well, sharp reads no files.
    for (const name of left.filter((each) => each.endsWith('.jpg'))) await sharp(await readFile(join(out, name))).stats();
  });
});
