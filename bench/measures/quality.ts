import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { type Luma, lanczos, lumaOf, meanSsim } from '../../__tests__/fixtures/similarity.ts';
import { missing, ONE_CPU_MB, ours, pillow } from '../peers.ts';
import { type PhotographName, photograph } from '../photographs.ts';
import { atLeast } from '../row.ts';
import { jobFor, LARGE, type Measure, type Setting, SMALL, withRenderers } from '../setting.ts';
import { differencesOf } from '../statistics.ts';

const PHOTOS: readonly PhotographName[] = ['12 MP', '6 MP'];

/** Similarity of renditions to a full-size LANCZOS resize in floating point, ours minus Pillow's. */
export const quality: Measure = {
  title: 'quality',
  async run(setting) {
    const row = { measure: 'mean SSIM of JPEG 90 against float LANCZOS, above Pillow’s', unit: 'SSIM', target: atLeast(-0.002) } as const;
    const notMeasured = missing(setting.installed, ['pillow']);
    if (notMeasured !== undefined) return [{ ...row, notMeasured }];
    const similarities = [];
    for (const photo of PHOTOS.slice(0, setting.quick ? 1 : undefined)) similarities.push(...(await similaritiesOf(photo, setting)));
    const [us, them] = [similarities.map(({ us }) => us), similarities.map(({ them }) => them)];
    return [{ ...row, figures: differencesOf(us, them) }];
  },
};

/** Returns the SSIM of each rendition, ours and Pillow's. */
async function similaritiesOf(name: PhotographName, setting: Setting): Promise<readonly { us: number; them: number }[]> {
  const photo = await photograph(name);
  const [ourJob, theirJob] = [
    jobFor(setting.folder, 'ours', photo, [LARGE, SMALL]),
    jobFor(setting.folder, 'theirs', photo, [LARGE, SMALL]),
  ];
  await withRenderers([await ours(ONE_CPU_MB), pillow()], setting, async (us, them) => {
    await Promise.all([us.render([ourJob]), them.render([theirJob])]);
  });
  const original = await lumaOfFile(photo);
  return Promise.all(
    ourJob.renditions.map(async ({ output }, index) => {
      const [us, them] = await Promise.all([lumaOfFile(output), lumaOfFile(theirJob.renditions[index]?.output ?? '')]);
      const reference = lanczos(original, us.width, us.height);
      return { us: meanSsim(reference, us), them: meanSsim(reference, them) };
    }),
  );
}

async function lumaOfFile(path: string): Promise<Luma> {
  const { data, info } = await sharp(await readFile(path))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return lumaOf({ data, width: info.width, height: info.height, channels: 3 });
}
