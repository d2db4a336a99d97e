import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { LambdaLayerVersion } from '@cdktf/provider-aws/lib/lambda-layer-version';
import { Fn, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { WATERMARK_PATH } from '../../lambda-src/contract/environment.ts';
import { beforeSynthesis } from '../before-synthesis.ts';

export interface WatermarkLayerProps {
  readonly functionName: string;
  /** PNG, relative to the project. */
  readonly file: string;
}

/**
 * The watermark as a layer of the function, so that the function's zip is the same for every deployment. Synthesis zips the file beside the
 * stack's JSON.
 */
export class WatermarkLayer extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { functionName, file }: WatermarkLayerProps) {
    super(scope, id);
    const path = 'assets/watermark.zip';
    beforeSynthesis(TerraformStack.of(this), (stackFolder) => {
      const target = join(stackFolder, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, zipOfOne(WATERMARK_PATH.replace('/opt/', ''), readFileSync(file)));
    });
    this.arn = new LambdaLayerVersion(this, 'Resource', {
      layerName: `${functionName}-watermark`,
      description: 'The watermark of the renditions',
      filename: path,
      sourceCodeHash: Fn.filebase64sha256(path),
    }).arn;
  }
}

/** 1 January 1980, the earliest date of the format. */
const DOS_DATE = 0x21;
/** A regular file that everyone can read, in the upper half of the external attributes. */
const READABLE_FILE = (0o100644 << 16) >>> 0;

/**
 * Returns a zip with one uncompressed file, the same bytes each time (APPNOTE.TXT, section 4.3). Written here because synthesis is synchronous
 * and zip libraries are not.
 */
function zipOfOne(name: string, content: Buffer): Buffer {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(10, 0); // Version 1.0: stored.
  common.writeUInt16LE(DOS_DATE, 8);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), content]);
  const more = Buffer.alloc(14);
  more.writeUInt32LE(READABLE_FILE, 6);
  // "Made by" Unix, which gives the attributes their meaning.
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, more, Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
