import sharp from 'sharp';

// Everything else libvips can open is closed before the first byte of an upload is seen: its SVG loader reads files and URLs
// that the drawing names. The File variants stay closed, too, so that no path given by mistake or by an attacker opens a file.
const ALLOWED_LOADERS = [
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadHeifBuffer',
  'VipsForeignLoadNsgifBuffer',
  'VipsForeignLoadTiffBuffer',
];

sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ALLOWED_LOADERS });

/** sharp, in a process where libvips opens nothing but the allowed image types and those only from memory. */
export { sharp };
