package io.mistersmith.persistence.core.internal.log;

/**
 * The end of a log at a moment.
 *
 * @param version the last version; 0 when there never was one
 * @param bytes how many bytes of documents were appended up to there
 * @param sinceMillis the moment, by the hot store's clock: what came later is younger
 */
record Tail(long version, long bytes, long sinceMillis) {

  /** Returns this end, or this version if that is later. */
  Tail notBefore(long least) {
    return least > version ? new Tail(least, bytes, sinceMillis) : this;
  }
}
