package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.backup.PruneReport;
import io.mistersmith.persistence.backup.Retention;
import io.mistersmith.persistence.core.internal.backup.BackupCatalog.Listed;
import io.mistersmith.persistence.core.internal.backup.BackupHistory.Event;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.IsoFields;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever an installation did, and wherever a prune is cut off: no chain is broken. */
class PruningPropertyTest {

  private static final Retention STANDARD = Retention.standard();
  private static final Duration WAL = Duration.ofDays(7);
  private static final Duration LONGEST = Duration.ofHours(6);

  private static Pruning pruning(BackupHistory history, BackupTarget target) {
    return new Pruning(new BackupCatalog(target), STANDARD, WAL, LONGEST, history.clock());
  }

  private static BackupHistory history(List<Event> events) {
    BackupHistory history = new BackupHistory();
    events.forEach(history::happen);
    return history;
  }

  @Property(tries = 1_000)
  void nothingThatIsKeptLacksAnything(@ForAll @Size(max = 80) List<Event> events) {
    BackupHistory history = history(events);
    pruning(history, history.target()).run(false);
    assertUnbroken(history);
  }

  @Property(tries = 1_000)
  void aPruneThatIsCutOffBreaksNothing(
      @ForAll @Size(max = 80) List<Event> events, @ForAll @IntRange(max = 30) int deletions) {
    BackupHistory history = history(events);
    try {
      pruning(history, new CutOff(history.target(), deletions)).run(false);
    } catch (TransientPersistenceException e) {
      assertThat(e).hasMessage("cut off");
    }
    assertUnbroken(history);
  }

  @Property(tries = 500)
  void aDryRunSaysWhatIsDeletedThen(@ForAll @Size(max = 80) List<Event> events) {
    BackupHistory history = history(events);
    List<Stored> before = history.target().list("");
    PruneReport said = pruning(history, history.target()).run(true);
    assertThat(history.target().list("")).isEqualTo(before);

    assertThat(pruning(history, history.target()).run(false)).isEqualTo(said);
    List<Stored> after = history.target().list("");
    assertThat(bytes(before) - bytes(after)).isEqualTo(said.bytes());
    assertThat(new BackupCatalog(history.target()).all())
        .extracting(Listed::id)
        .containsExactlyElementsOf(said.kept().stream().map(PruneReport.Kept::id).toList());

    PruneReport again = pruning(history, history.target()).run(false);
    assertThat(again.backups()).isEmpty();
    assertThat(again.unfinished()).isEmpty();
    assertThat(again.walSegments()).isZero();
  }

  @Property(tries = 500)
  void everySpanKeepsItsNewest(@ForAll @Size(max = 80) List<Event> events) {
    BackupHistory history = history(events);
    List<Listed> before = whole(history);
    pruning(history, history.target()).run(false);
    Set<String> left = new TreeSet<>();
    new BackupCatalog(history.target()).all().forEach(backup -> left.add(backup.id()));

    Instant days = history.now().minus(Duration.ofDays(STANDARD.days()));
    Instant weeks = history.now().minus(Duration.ofDays(7L * STANDARD.weeks()));
    Set<String> seen = new TreeSet<>();
    for (Listed backup : before) {
      Instant begin = BackupPaths.begin(backup.id());
      boolean newestOfKind = seen.add(BackupPaths.kind(backup.id()).id());
      boolean newestOfWeek = seen.add(BackupPaths.kind(backup.id()).id() + week(begin));
      if (!begin.isBefore(days) || newestOfKind || (newestOfWeek && !begin.isBefore(weeks))) {
        assertThat(left).contains(backup.id());
      }
    }
  }

  private static String week(Instant time) {
    return " "
        + time.atZone(ZoneOffset.UTC).get(IsoFields.WEEK_BASED_YEAR)
        + " "
        + time.atZone(ZoneOffset.UTC).get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
  }

  private static long bytes(List<Stored> files) {
    return files.stream().mapToLong(Stored::size).sum();
  }

  /** Newest first; without those whose manifest cannot be read, which are of no span. */
  private static List<Listed> whole(BackupHistory history) {
    List<Listed> all = new BackupCatalog(history.target()).all();
    return all.stream().filter(backup -> backup.manifest().isPresent()).toList();
  }

  /** Every file of every whole backup exists, and the WAL from its begin to the archive's end. */
  private static void assertUnbroken(BackupHistory history) {
    for (Listed backup : whole(history)) {
      BackupManifest manifest = backup.manifest().orElseThrow();
      assertThat(manifest.files())
          .allMatch(file -> history.target().find(file.path()).isPresent(), "is there");
      Optional<BasePart> base = manifest.postgres().base();
      if (base.isPresent()) {
        for (long at = BackupHistory.firstSegment(base.get()); at < history.segment(); at++) {
          String path = "wal/00000001/" + BackupHistory.segmentName(at);
          assertThat(history.target().find(path)).as("%s needs %s", backup.id(), path).isPresent();
          assertThat(history.target().find(path + ".sha256")).isPresent();
        }
      }
    }
  }

  /** A target that fails after some deletions, as the end of a process would stop them. */
  private static final class CutOff implements BackupTarget {

    private final BackupTarget target;
    private int deletions;

    CutOff(BackupTarget target, int deletions) {
      this.target = target;
      this.deletions = deletions;
    }

    @Override
    public void delete(String path) {
      if (deletions == 0) {
        throw new TransientPersistenceException(DataError.UNAVAILABLE, "cut off");
      }
      deletions--;
      target.delete(path);
    }

    @Override
    public void put(String path, long size, InputStream content) {
      target.put(path, size, content);
    }

    @Override
    public InputStream get(String path, long offset) {
      return target.get(path, offset);
    }

    @Override
    public Optional<Stored> find(String path) {
      return target.find(path);
    }

    @Override
    public List<Stored> list(String prefix) {
      return target.list(prefix);
    }

    @Override
    public Upload resume(String path, long size) {
      return target.resume(path, size);
    }
  }
}
