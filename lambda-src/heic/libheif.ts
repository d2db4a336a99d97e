/**
 * Calls libheif, compiled to WebAssembly (the file `libheif.wasm` of the npm package libheif-js), through its C interface.
 *
 * The JavaScript that comes with the file is not used: it would give the WebAssembly code ways to call any JavaScript function, so that a
 * memory error in a decoder could take over the process. Here the code can only ask for memory, up to a limit.
 */

/** The build, version 1.23.2, shortens the names of its exports. __tests__/lambda-src/heic/libheif.test.ts compares this list with the build. */
export const EXPORT_NAMES = {
  memory: 'Q',
  initialize: 'R',
  malloc: 'Na',
  heif_get_version: 'xa',
  de265_get_version: 'Ei',
  heif_context_alloc: 'la',
  heif_context_get_security_limits: '_f',
  heif_context_read_from_memory_without_copy: 'mh',
  heif_context_get_primary_image_handle: 'Ca',
  heif_image_handle_get_width: 'pa',
  heif_image_handle_get_height: 'qa',
  heif_image_handle_get_ispe_width: '$g',
  heif_image_handle_get_ispe_height: 'ah',
  heif_image_handle_has_alpha_channel: 'ta',
  heif_image_handle_is_premultiplied_alpha: 'ua',
  heif_image_handle_get_item_id: 'Xg',
  heif_image_handle_get_raw_color_profile_size: 'wb',
  heif_image_handle_get_raw_color_profile: 'xb',
  heif_image_handle_get_nclx_color_profile: 'yb',
  heif_item_get_properties_of_type: 'Mc',
  heif_image_handle_get_list_of_metadata_block_IDs: 'sf',
  heif_image_handle_get_metadata_size: 'vf',
  heif_image_handle_get_metadata: 'wf',
  heif_decoding_options_alloc: 'ae',
  heif_decode_image: 'Da',
  heif_image_get_plane_readonly: 'cb',
  heif_image_get_width: 'Ia',
  heif_image_get_height: 'Ja',
} as const;
type FunctionName = Exclude<keyof typeof EXPORT_NAMES, 'memory'>;

/** The shortened names of the imports that do something; all others register C++ types with JavaScript or open files. */
export const IMPORT_NAMES = {
  __assert_fail: 'b',
  __cxa_throw: 'k',
  _abort_js: 'C',
  _emscripten_memcpy_js: 'I',
  emscripten_resize_heap: 'D',
} as const;

const PAGE_BYTES = 65_536;
/** Memory grows by at least this much, so that it does not grow thousands of times. */
const LEAST_GROWTH_BYTES = 4_194_304;

/** The decoder gave up: a C++ exception, a failed assertion or an error of libheif. */
export class LibheifError extends Error {
  override readonly name = 'LibheifError';
  /** `heif_error_code` and `heif_suberror_code` (libheif/heif_error.h); -1 if the decoder stopped without one. */
  readonly code: number;
  readonly subcode: number;
  constructor(message: string, code = -1, subcode = -1) {
    super(message);
    this.code = code;
    this.subcode = subcode;
  }
}

/** One instance of libheif with its own memory. It is used for one photo and never freed: the memory goes with the thread. */
export class Libheif {
  readonly #exports: WebAssembly.Exports;
  readonly #memory: WebAssembly.Memory;
  #ranOutOfMemory = false;

  /**
   * @param module the compiled `libheif.wasm`
   * @param maxMemoryBytes the instance cannot have more memory than this
   */
  constructor(module: WebAssembly.Module, maxMemoryBytes: number) {
    const imports = Object.fromEntries(WebAssembly.Module.imports(module).map(({ name }) => [name, () => 0]));
    const instance = new WebAssembly.Instance(module, { a: { ...imports, ...this.#imports(maxMemoryBytes) } });
    this.#exports = instance.exports;
    const memory = instance.exports[EXPORT_NAMES.memory];
    if (!(memory instanceof WebAssembly.Memory)) throw new TypeError('libheif.wasm exports no memory');
    this.#memory = memory;
    this.call('initialize');
  }

  /** Whether the instance asked for more memory than it may have. */
  get ranOutOfMemory(): boolean {
    return this.#ranOutOfMemory;
  }

  /** Returns the bytes of the instance's memory. They move whenever the memory grows, which any call can cause. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  /** Returns a view of the instance's memory; see `bytes`. */
  get view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  /** Calls a function that returns a number or nothing. */
  call(name: FunctionName, ...args: readonly number[]): number {
    const found = this.#exports[EXPORT_NAMES[name]];
    if (typeof found !== 'function') throw new TypeError(`libheif.wasm has no function ${name}`);
    return Number(found(...args) ?? 0) >>> 0;
  }

  /**
   * Calls a function that returns a `heif_error`, whose place is its first argument.
   * @throws {LibheifError} if it returns an error
   */
  attempt(name: FunctionName, ...args: readonly number[]): void {
    const error = this.allocate(12);
    this.call(name, error, ...args);
    const [code, subcode, message] = [0, 4, 8].map((at) => this.view.getUint32(error + at, true));
    if (code) throw new LibheifError(this.text(message ?? 0), code, subcode);
  }

  /** Allocates zeroed memory and returns its address. */
  allocate(byteCount: number): number {
    const address = this.call('malloc', byteCount);
    if (address === 0) throw new LibheifError('no memory left');
    this.bytes.fill(0, address, address + byteCount);
    return address;
  }

  /** Reads a zero-terminated text. */
  text(address: number): string {
    const end = this.bytes.indexOf(0, address);
    return Buffer.from(this.bytes.subarray(address, end)).toString('utf8');
  }

  #imports(maxMemoryBytes: number): Record<string, (...args: number[]) => number> {
    const stop = (reason: string) => () => {
      throw new LibheifError(reason);
    };
    return {
      [IMPORT_NAMES.__assert_fail]: stop('a check inside the decoder failed'),
      [IMPORT_NAMES.__cxa_throw]: stop('the decoder met a state it cannot handle'),
      [IMPORT_NAMES._abort_js]: stop('the decoder stopped itself'),
      [IMPORT_NAMES._emscripten_memcpy_js]: (to = 0, from = 0, count = 0) => {
        this.bytes.copyWithin(to >>> 0, from >>> 0, (from >>> 0) + (count >>> 0));
        return 0;
      },
      [IMPORT_NAMES.emscripten_resize_heap]: (wanted = 0) => Number(this.#grow(wanted >>> 0, maxMemoryBytes)),
    };
  }

  #grow(wantedBytes: number, maxMemoryBytes: number): boolean {
    this.#ranOutOfMemory ||= wantedBytes > maxMemoryBytes;
    if (this.#ranOutOfMemory) return false;
    const size = this.#memory.buffer.byteLength;
    const target = Math.min(maxMemoryBytes, Math.max(wantedBytes, size + LEAST_GROWTH_BYTES));
    try {
      this.#memory.grow(Math.ceil((target - size) / PAGE_BYTES));
      return true;
    } catch {
      // The machine itself has no more memory.
      this.#ranOutOfMemory = true;
      return false;
    }
  }
}
