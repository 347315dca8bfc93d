package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Every acknowledged write of each key by its sequence in the journal, so that what a backup
 * promises can be told for any position. Thread-safe.
 */
final class BackupLedger {

  /** The number of a deleted entry. */
  static final long DELETED = -1;

  private final Map<StateKey, NavigableMap<Long, Long>> writes = new ConcurrentHashMap<>();
  private final LongAdder acknowledged = new LongAdder();

  /** What became of the promises of a backup. */
  record Kept(List<String> lost, List<String> mismatched, List<String> resurrected) {

    /** Returns every broken promise. */
    List<String> broken() {
      List<String> all = new ArrayList<>(lost);
      all.addAll(mismatched);
      all.addAll(resurrected);
      return all;
    }
  }

  void acknowledged(StateKey key, Revision revision, long number) {
    acknowledged.increment();
    long sequence = ((Revision.OfJournal) revision).sequence();
    writes.computeIfAbsent(key, it -> new ConcurrentSkipListMap<>()).put(sequence, number);
  }

  long acknowledged() {
    return acknowledged.sum();
  }

  /** Returns how many acknowledged writes have a sequence up to this one. */
  long upTo(long position) {
    return writes.values().stream()
        .mapToLong(numbers -> numbers.headMap(position, true).size())
        .sum();
  }

  /** Returns the keys that a repository reads otherwise than was acknowledged up to a position. */
  List<String> differences(StateRepository<Long> states, long position) {
    List<String> differences = new ArrayList<>();
    writes.forEach(
        (key, numbers) -> {
          Optional<Long> promised =
              Optional.ofNullable(numbers.floorEntry(position))
                  .map(Map.Entry::getValue)
                  .filter(number -> number != DELETED);
          Optional<Long> found = states.find(key).map(Versioned::value);
          if (!found.equals(promised)) {
            differences.add("%s: promised %s, read %s".formatted(key, promised, found));
          }
        });
    return differences;
  }

  /** Counts what became of the promises in a restored installation. */
  Tally tally(Installation restored, long position, Duration rto) {
    Kept kept = compare(restored.rows(), position);
    return Tally.ofBackup(
        upTo(position),
        kept.lost().size(),
        kept.mismatched().size(),
        kept.resurrected().size(),
        rto);
  }

  /** Compares rows with what was acknowledged up to a position. */
  Kept compare(Map<StateKey, Row> rows, long position) {
    Kept kept = new Kept(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    writes.forEach(
        (key, numbers) -> {
          Map.Entry<Long, Long> promised = numbers.floorEntry(position);
          Row row = rows.get(key);
          boolean present = row != null && row.number() != DELETED;
          String what = "%s: promised %s, found %s".formatted(key, promised, row);
          if (promised == null || promised.getValue() == DELETED) {
            if (present) {
              (promised == null ? kept.mismatched() : kept.resurrected()).add(what);
            }
          } else if (row == null || !present) {
            kept.lost().add(what);
          } else if (row.number() != promised.getValue()) {
            kept.mismatched().add(what);
          }
        });
    return kept;
  }
}
