package io.mistersmith.persistence.migration.internal.plan;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.VersionInfo;
import io.mistersmith.persistence.migration.report.VersionInfo.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts scripts and history side by side. */
public final class Inventory {
  private Inventory() {}

  /** Each version, those of the scripts first, in the order in which they are applied. */
  public static List<VersionInfo> of(List<Migration> order, List<HistoryEntry> history) {
    Map<ScriptId, HistoryEntry> entries = new LinkedHashMap<>();
    history.forEach(entry -> entries.put(entry.id(), entry));
    List<VersionInfo> versions = new ArrayList<>();
    for (Migration script : order) {
      Optional<HistoryEntry> entry = Optional.ofNullable(entries.remove(script.id()));
      versions.add(
          new VersionInfo(
              script.id(),
              script.name(),
              entry.map(e -> State.valueOf(e.status().name())).orElse(State.PENDING),
              entry.flatMap(HistoryEntry::appliedAt),
              entry.flatMap(HistoryEntry::took),
              entry.flatMap(HistoryEntry::error),
              script.rollbackSql().isPresent()));
    }
    for (HistoryEntry entry : entries.values()) {
      versions.add(
          new VersionInfo(
              entry.id(),
              entry.name(),
              entry.isApplied() ? State.UNKNOWN : State.valueOf(entry.status().name()),
              entry.appliedAt(),
              entry.took(),
              entry.error(),
              entry.rollbackSql().isPresent()));
    }
    return versions;
  }
}
