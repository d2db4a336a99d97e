import { configureSharp } from '../../lambda-src/image/sharp.ts';

// The part of the handler's init that loads sharp.
configureSharp(1024);
