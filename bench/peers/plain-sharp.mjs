// A typical sharp script: `plain-sharp.mjs FOLDER OUTPUT` renders a folder, three photos at a time; without arguments, it renders job after job
// from standard input. One pipeline per rendition, sharp's defaults, no checks of the file.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import sharp from 'sharp';

const IN_FLIGHT = 3;
const [, , folder, output] = process.argv;

if (folder === undefined) createInterface({ input: process.stdin }).on('line', (line) => void renderJob(JSON.parse(line)));
else await renderFolder(await readdir(folder));

async function renderFolder(names) {
  await mkdir(output, { recursive: true });
  const queue = names.values();
  const work = async () => {
    for (const name of queue) await render(join(folder, name), { width: 1024, height: 768, format: 'jpeg', output: join(output, name) });
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
}

async function renderJob({ photo, renditions }) {
  for (const rendition of renditions) await render(photo, rendition);
  console.log('done');
}

async function render(photo, { width, height, format, output }) {
  const image = sharp(await readFile(photo))
    .autoOrient()
    .resize(width, height, { fit: 'inside', withoutEnlargement: true });
  await writeFile(output, await image.toFormat(format, { quality: 90 }).toBuffer());
}
