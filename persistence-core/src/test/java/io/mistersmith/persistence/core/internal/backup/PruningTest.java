package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.PruneReport;
import io.mistersmith.persistence.backup.Retention;
import io.mistersmith.persistence.core.internal.backup.BackupHistory.Event;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is kept for how long, and why. */
class PruningTest {

  private final BackupHistory history = new BackupHistory();

  private PruneReport prune() {
    return new Pruning(
            new BackupCatalog(history.target()),
            Retention.standard(),
            Duration.ofDays(7),
            Duration.ofHours(6),
            history.clock())
        .run(false);
  }

  private void happen(Event... events) {
    for (Event event : events) {
      history.happen(event);
    }
  }

  private long segments() {
    return history.target().list("wal/").stream().filter(WalRetention::isSegment).count();
  }

  @Test
  void aYearOfDailyBackupsBecomesThirtyDaysTwelveWeeksAndTwelveMonths() {
    for (int day = 0; day < 500; day++) {
      happen(Event.DAILY, Event.DAY);
    }

    PruneReport report = prune();

    assertThat(report.kept().stream().filter(kept -> kept.reason().equals("of the last 30 days")))
        .hasSizeBetween(29, 30);
    assertThat(report.kept().stream().filter(kept -> kept.reason().equals("newest of its week")))
        .hasSizeBetween(7, 9);
    assertThat(report.kept().stream().filter(kept -> kept.reason().equals("newest of its month")))
        .hasSizeBetween(9, 12);
    assertThat(report.backups()).hasSize(500 - report.kept().size());
    assertThat(segments()).as("without a base backup nobody can say what is needed").isEqualTo(500);
  }

  @Test
  void aBaseIsKeptForAnIncrementThatIs() {
    happen(Event.BASE, Event.INCREMENT, Event.WEEK, Event.WEEK);
    String base = history.target().list("backups/").get(0).path().substring("backups/".length());
    for (int week = 0; week < 100; week++) {
      happen(Event.INCREMENT, Event.WEEK);
    }

    PruneReport report = prune();

    assertThat(report.backups()).as("every increment needs all before it").isEmpty();
    assertThat(report.kept())
        .filteredOn(kept -> base.startsWith(kept.id()))
        .singleElement()
        .satisfies(kept -> assertThat(kept.reason()).startsWith("needed by "));
    assertThat(report.walSegments()).isZero();
  }

  @Test
  void theWalIsKeptSevenDaysBeyondTheOldestBase() {
    happen(Event.BASE);
    for (int day = 0; day < 500; day++) {
      happen(Event.DAY);
    }
    happen(Event.BASE);
    PruneReport both = prune();
    assertThat(both.backups()).as("older than 12 months, with a newer one").hasSize(1);

    assertThat(both.walSegments()).isGreaterThan(480);
    assertThat(segments()).as("7 days, and the segment of the base").isBetween(7L, 9L);
    assertThat((long) history.target().list("wal/").size())
        .as("each with its checksum")
        .isEqualTo(2 * segments());
  }

  @Test
  void whatCannotBeReadIsKeptWithAllThatItMayNeed() {
    happen(Event.BASE, Event.WEEK, Event.DAMAGED);
    for (int month = 0; month < 20; month++) {
      happen(Event.MONTH);
    }
    happen(Event.BASE);

    PruneReport report = prune();

    assertThat(report.backups()).isEmpty();
    assertThat(report.walSegments()).isZero();
    assertThat(report.kept())
        .extracting(PruneReport.Kept::reason)
        .anyMatch(reason -> reason.startsWith("its manifest cannot be read"))
        .anyMatch(reason -> reason.startsWith("needed by "));
  }

  @Test
  void anUnfinishedBackupIsDeletedWhenNobodyCanBeWritingIt() {
    happen(Event.UNFINISHED);
    assertThat(prune().unfinished()).isEmpty();
    assertThat(prune().kept())
        .singleElement()
        .satisfies(kept -> assertThat(kept.reason()).startsWith("unfinished"));

    history.clock().advance(Duration.ofHours(7));

    assertThat(prune().unfinished()).hasSize(1);
    assertThat(history.target().list("backups/")).isEmpty();
  }
}
