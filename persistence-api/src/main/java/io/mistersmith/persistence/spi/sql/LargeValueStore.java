package io.mistersmith.persistence.spi.sql;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * The chunks of large values, written by {@link JournalStore#apply} alone. Thread-safe.
 *
 * <p>A change with the type {@link io.mistersmith.persistence.model.StateKey#CHUNK} is a chunk: its
 * owner is an external one whose name is the content's id, its key is the chunk's number, and its
 * value the bytes. A change with the type {@link io.mistersmith.persistence.model.StateKey#LARGE}
 * names a content, and is refused when the store does not have all of its chunks then.
 */
public interface LargeValueStore {

  /**
   * Returns chunks of a content in their order, from number {@code first} on: at most {@code most},
   * and no further than to the first one that is missing.
   */
  @SqlAccess.Read
  List<byte[]> chunks(UUID content, int first, int most);

  /**
   * Looks at some contents that were not looked at for {@code grace}, and notes those that nothing
   * names, for {@link #removeUnnamed}. Named is what a live row of the state, a checkpoint or an
   * open dead letter refers to.
   *
   * @param writtenBefore looks only at contents whose last chunk was written before this, by the
   *     hot store's clock
   * @return how many contents it looked at; 0 when there is none to look at now
   */
  int noteUnnamed(Instant writtenBefore, Duration grace);

  /**
   * Looks again at some contents that were noted {@code grace} ago, and removes those that nothing
   * names still. A content that is named again is kept.
   *
   * @return how many contents were removed
   */
  int removeUnnamed(Duration grace);
}
