package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.testkit.memory.Content.Sample;
import io.mistersmith.persistence.testkit.memory.Content.SampledFor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** How long the journals' positions have been where they are. */
final class PositionSamples {

  private static final int PER_AGE = 16;

  private PositionSamples() {}

  static long appliedFor(Tables tables, JournalPosition observed, Duration age, Instant now) {
    Sample current =
        tables.positions.find(observed.bucket()).map(PositionSamples::sample).orElse(null);
    if (current == null || current.epoch() != observed.epoch()) {
      return 0;
    }
    SampledFor whom = new SampledFor(observed.bucket(), age);
    List<Sample> taken =
        new ArrayList<>(
            tables.samples.find(whom).orElse(List.of()).stream()
                .filter(sample -> sample.epoch() == current.epoch())
                .toList());
    Instant recently = now.minus(age.dividedBy(PER_AGE));
    if (!taken.contains(current)
        && taken.stream().noneMatch(sample -> sample.movedAt().isAfter(recently))) {
      taken.add(current);
    }
    Instant latest = now.minus(age);
    long applied =
        Stream.concat(taken.stream(), Stream.of(current))
            .filter(sample -> !sample.movedAt().isAfter(latest))
            .map(Sample::sequence)
            .max(Comparator.naturalOrder())
            .orElse(0L);
    taken.removeIf(sample -> sample.sequence() < applied);
    tables.samples.put(whom, List.copyOf(taken));
    return applied;
  }

  private static Sample sample(Content.PositionRow row) {
    return new Sample(row.position().epoch(), row.position().sequence(), row.movedAt());
  }

  static boolean wasApplied(
      Tables tables, String bucket, Revision.OfJournal revision, Instant time) {
    return tables
        .samples
        .from(new SampledFor(bucket, Duration.ZERO), whom -> whom.bucket().equals(bucket))
        .flatMap(List::stream)
        .filter(sample -> !sample.movedAt().isAfter(time))
        .anyMatch(
            sample -> !revision.isAfter(new Revision.OfJournal(sample.epoch(), sample.sequence())));
  }
}
