import { join } from 'node:path';
import { PROJECT_ROOT, writeWhole } from '../asset/packaged-file.ts';
import { drawnPresets } from './read-architecture.ts';

for (const [file, svg] of drawnPresets()) {
  await writeWhole(join(PROJECT_ROOT, file), svg);
  console.log(file);
}
