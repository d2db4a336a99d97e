import { readFileSync } from 'fs'; import { decode } from './lambda-src/heic/decode.ts'; import sharp from 'sharp';
const module = new WebAssembly.Module(readFileSync('node_modules/libheif-js/libheif-wasm/libheif.wasm'));
for (const f of ['display-p3-nclx','ten-bits','plain']) { const r=decode({module,bytes:readFileSync(`/tmp/heicx/twins/${f}.heic`),maxPixels:25e6,maxMemoryBytes:400e6});
 if(r.status!=='decoded'){console.log(r);continue} const m=await sharp(r.tiff).metadata(); console.log(f,m.icc?.length,m.channels,m.depth);
 const a=await sharp(r.tiff).removeAlpha().raw({depth:'uchar'}).toBuffer(), b=await sharp(`/tmp/heicx/twins/${f}.twin.png`).removeAlpha().raw({depth:'uchar'}).toBuffer(); let s=0,d=0; for(let i=0;i<a.length;i++){s+=a[i]!-b[i]!;d+=Math.abs(a[i]!-b[i]!)} console.log('bias',s/a.length,'abs',d/a.length); }
