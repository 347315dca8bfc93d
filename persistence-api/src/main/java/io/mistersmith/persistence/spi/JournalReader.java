package io.mistersmith.persistence.spi;

import java.time.Duration;
import java.util.Optional;

/**
 * Reads a bucket's stream in order, without acknowledgements and without a position that outlives
 * it. Used by one thread. Prefetches no more than the store's bound of bytes.
 */
public interface JournalReader extends AutoCloseable {

  /**
   * The next message, or empty when none came in {@code wait}; zero asks for what is already here.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when the reader has lost
   *     its place or its connection; close it and open another one. A bucket that was deleted under
   *     the reader may also just stay silent: whoever waits long asks {@link HotBucket#state()}
   */
  Optional<JournalEntry> next(Duration wait);

  @Override
  void close();
}
