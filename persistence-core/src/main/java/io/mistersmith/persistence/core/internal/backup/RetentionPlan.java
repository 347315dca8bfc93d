package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.Retention;
import io.mistersmith.persistence.core.internal.backup.BackupCatalog.Listed;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.IsoFields;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Which backups are kept, and why.
 *
 * <p>Days, weeks and months are counted for each kind by itself: a dump cannot stand for a base
 * backup. The newest of each kind is always kept. A backup whose files another kept one needs is
 * kept, and so is one whose manifest cannot be read, with every base backup before it: nobody can
 * say which one it needs.
 *
 * @param kept the ids of the kept backups, and the reason for each
 * @param expired the whole backups that are not kept, newest first: an increment before its base
 * @param unfinished the unfinished backups that nobody can be writing any more
 */
record RetentionPlan(Map<String, String> kept, List<Listed> expired, List<Listed> unfinished) {

  /** Copies the lists. */
  RetentionPlan {
    kept = Collections.unmodifiableMap(new LinkedHashMap<>(kept));
    expired = List.copyOf(expired);
    unfinished = List.copyOf(unfinished);
  }

  /**
   * Decides.
   *
   * @param backups all backups of the target, newest first
   * @param longest how long a backup may take
   */
  static RetentionPlan of(
      List<Listed> backups, Retention retention, Duration longest, Instant now) {
    Map<String, String> reasons = new LinkedHashMap<>();
    List<Listed> unfinished = new ArrayList<>();
    List<Listed> whole = new ArrayList<>();
    for (Listed backup : backups) {
      if (!backup.isUnfinished()) {
        whole.add(backup);
      } else if (begin(backup).plus(longest).isBefore(now)) {
        unfinished.add(backup);
      } else {
        reasons.put(backup.id(), "unfinished, and may still be written");
      }
    }
    byTime(whole, retention, now, reasons);
    byNeed(whole, reasons);
    return new RetentionPlan(
        inOrder(backups, reasons),
        whole.stream().filter(backup -> !reasons.containsKey(backup.id())).toList(),
        unfinished);
  }

  private static Map<String, String> inOrder(List<Listed> backups, Map<String, String> reasons) {
    Map<String, String> kept = new LinkedHashMap<>();
    for (Listed backup : backups) {
      String reason = reasons.get(backup.id());
      if (reason != null) {
        kept.put(backup.id(), reason);
      }
    }
    return kept;
  }

  private static void byTime(
      List<Listed> whole, Retention retention, Instant now, Map<String, String> reasons) {
    ZonedDateTime today = now.atZone(ZoneOffset.UTC);
    Instant days = today.minusDays(retention.days()).toInstant();
    Instant weeks = today.minusWeeks(retention.weeks()).toInstant();
    Instant months = today.minusMonths(retention.months()).toInstant();
    for (Listed backup : whole) {
      if (backup.manifest().isEmpty()) {
        reasons.put(backup.id(), "its manifest cannot be read; verify it, and delete it by hand");
      } else if (!begin(backup).isBefore(days)) {
        reasons.put(backup.id(), "of the last " + retention.days() + " days");
      }
    }
    newest(whole, Instant.MIN, backup -> "", "newest of its kind", reasons);
    newest(whole, weeks, RetentionPlan::week, "newest of its week", reasons);
    newest(whole, months, RetentionPlan::month, "newest of its month", reasons);
  }

  /** Keeps the newest backup of each kind in each span of time that ends after {@code since}. */
  private static void newest(
      List<Listed> whole,
      Instant since,
      Function<Listed, String> span,
      String reason,
      Map<String, String> reasons) {
    Set<String> seen = new TreeSet<>();
    for (Listed backup : whole) {
      if (backup.manifest().isPresent()
          && !begin(backup).isBefore(since)
          && seen.add(kind(backup) + " " + span.apply(backup))) {
        reasons.putIfAbsent(backup.id(), reason);
      }
    }
  }

  /** Keeps what kept backups need, and what that needs. */
  private static void byNeed(List<Listed> whole, Map<String, String> reasons) {
    Map<String, Listed> byId = new LinkedHashMap<>();
    whole.forEach(backup -> byId.put(backup.id(), backup));
    Deque<Listed> open = new ArrayDeque<>();
    whole.stream().filter(backup -> reasons.containsKey(backup.id())).forEach(open::add);
    while (!open.isEmpty()) {
      Listed backup = open.remove();
      for (String needed : needs(backup, whole)) {
        Listed found = byId.get(needed);
        if (found != null && reasons.putIfAbsent(needed, "needed by " + backup.id()) == null) {
          open.add(found);
        }
      }
    }
  }

  private static Set<String> needs(Listed backup, List<Listed> whole) {
    Set<String> needs = new TreeSet<>();
    if (backup.manifest().isPresent()) {
      for (StoredFile file : backup.manifest().get().files()) {
        String id = BackupPaths.owner(file.path());
        if (!id.isEmpty()) {
          needs.add(id);
        }
      }
      needs.remove(backup.id());
      return needs;
    }
    for (Listed other : whole) {
      if (other.id().compareTo(backup.id()) < 0
          && other.manifest().filter(RetentionPlan::isBase).isPresent()) {
        needs.add(other.id());
      }
    }
    return needs;
  }

  private static boolean isBase(BackupManifest manifest) {
    return manifest.postgres().base().isPresent();
  }

  private static Instant begin(Listed backup) {
    return BackupPaths.begin(backup.id());
  }

  private static String kind(Listed backup) {
    return backup.id().substring(backup.id().indexOf('-') + 1);
  }

  private static String week(Listed backup) {
    LocalDate day = begin(backup).atZone(ZoneOffset.UTC).toLocalDate();
    return day.get(IsoFields.WEEK_BASED_YEAR) + " " + day.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
  }

  private static String month(Listed backup) {
    return YearMonth.from(begin(backup).atZone(ZoneOffset.UTC)).toString();
  }
}
