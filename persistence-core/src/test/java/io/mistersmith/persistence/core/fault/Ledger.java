package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/**
 * Records the promises to callers, and where they were broken: the latest acknowledged write of
 * each key, all writes that failed, the reads that missed a write, and the longest time without an
 * acknowledgement. Thread-safe.
 */
final class Ledger implements Outcomes {

  /** An acknowledged write. */
  record Acknowledged(Revision revision, long number) {}

  /** A write whose caller was told, at {@code at}, that it failed. */
  record Failed(StateKey key, long number, Instant at) {}

  private final Map<StateKey, Acknowledged> latest = new ConcurrentHashMap<>();
  private final Queue<Failed> failures = new ConcurrentLinkedQueue<>();
  private final Queue<String> stale = new ConcurrentLinkedQueue<>();
  private final LongAdder acknowledged = new LongAdder();
  private final Gaps gaps = new Gaps();

  @Override
  public void acknowledged(StateKey key, Revision revision, long number) {
    acknowledged.increment();
    gaps.acknowledged();
    latest.merge(
        key,
        new Acknowledged(revision, number),
        (a, b) -> b.revision().isAfter(a.revision()) ? b : a);
  }

  @Override
  public void failed(StateKey key, long number, PersistenceException failure) {
    failures.add(new Failed(key, number, Instant.now()));
  }

  /** A read returned less than had been acknowledged before it began. */
  void stale(String read) {
    stale.add(read);
  }

  /** Fails with what is missing, was put back or was read stale. */
  void assertKept(Installation installation) {
    assertThat(missingFrom(installation.rows())).as("lost acknowledged writes").isEmpty();
    installation.assertNothingWentBack();
    assertThat(stale()).as("stale own reads").isEmpty();
  }

  /** Forgets what was promised so far, because the stream that held it is gone. */
  void forget() {
    latest.clear();
  }

  long acknowledged() {
    return acknowledged.sum();
  }

  int failures() {
    return failures.size();
  }

  Map<StateKey, Acknowledged> latest() {
    return latest;
  }

  /** Returns the reads that returned less than had been acknowledged before. */
  List<String> stale() {
    return List.copyOf(stale);
  }

  /** Returns what measures the time without an acknowledgement. */
  Gaps gaps() {
    return gaps;
  }

  /**
   * Waits until PostgreSQL has all that was promised, for as long as that may take, and returns
   * what became of it. Does not fail: report the tally before you assert that it is kept.
   */
  Tally settle(Installation installation) {
    int lost = installation.awaitMissing(this).size();
    return new Tally(
        acknowledged(), lost, installation.wentBack().size(), stale.size(), gaps.longest());
  }

  /** The acknowledged writes that are not in these rows, nor a later one to their key. */
  List<String> missingFrom(Map<StateKey, Row> rows) {
    List<String> missing = new ArrayList<>();
    latest.forEach(
        (key, promise) -> {
          Row row = rows.get(key);
          boolean kept =
              row != null
                  && (row.revision().isAfter(promise.revision())
                      || (row.revision().equals(promise.revision())
                          && row.number() == promise.number()));
          if (!kept) {
            missing.add(key + ": promised " + promise + ", found " + row);
          }
        });
    return missing;
  }

  /**
   * The writes to keys that are written only once which took effect after their caller was told
   * that they failed.
   */
  List<String> ghostsIn(Map<StateKey, Row> rows) {
    List<String> ghosts = new ArrayList<>();
    for (Failed failure : failures) {
      Row row = rows.get(failure.key());
      if (row != null
          && row.number() == failure.number()
          && row.writtenAt().isAfter(failure.at())) {
        ghosts.add(failure + ", found " + row);
      }
    }
    return ghosts;
  }
}
