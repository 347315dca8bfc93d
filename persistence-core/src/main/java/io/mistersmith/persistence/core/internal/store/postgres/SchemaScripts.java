package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Schema;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Compares the history of the schema with the scripts that this library brings. */
final class SchemaScripts {

  private static final String HISTORY =
      "SELECT to_regclass('migrations.applied_migrations') IS NOT NULL";

  private static final String APPLIED =
      "SELECT script_set, version, status FROM migrations.applied_migrations";

  private static final Comparator<ScriptId> ORDER =
      Comparator.comparing(ScriptId::set).thenComparing(ScriptId::version);

  private SchemaScripts() {}

  private record Applied(ScriptId id, String status) {

    /** Neither applied nor taken back. */
    boolean isBroken() {
      return !isApplied() && !status.equals("rolled_back");
    }

    boolean isApplied() {
      return status.equals("applied");
    }
  }

  static Schema compare(Handle handle) {
    if (!handle.createQuery(HISTORY).mapTo(Boolean.class).one()) {
      return new Schema(false, List.of(), List.of(), List.of());
    }
    List<Applied> history =
        handle
            .createQuery(APPLIED)
            .map(
                (row, context) ->
                    new Applied(
                        new ScriptId(
                            row.getString("script_set"),
                            MigrationVersion.parse(row.getString("version"))),
                        row.getString("status")))
            .list();
    return compare(history, MigrationRunner.bundledScripts());
  }

  /** A set of the user's own is unknown as a whole, and does not count. */
  private static Schema compare(List<Applied> history, Set<ScriptId> bundled) {
    Set<String> known = bundled.stream().map(ScriptId::set).collect(Collectors.toSet());
    Set<ScriptId> applied =
        history.stream()
            .filter(Applied::isApplied)
            .map(Applied::id)
            .filter(id -> known.contains(id.set()))
            .collect(Collectors.toSet());
    Set<String> sets = applied.stream().map(ScriptId::set).collect(Collectors.toSet());
    List<ScriptId> missing = new ArrayList<>(bundled);
    missing.removeIf(id -> applied.contains(id) || !sets.contains(id.set()));
    List<ScriptId> unknown = new ArrayList<>(applied);
    unknown.removeAll(bundled);
    List<ScriptId> broken = history.stream().filter(Applied::isBroken).map(Applied::id).toList();
    return new Schema(true, texts(missing), texts(unknown), texts(broken));
  }

  private static List<String> texts(List<ScriptId> ids) {
    return ids.stream().sorted(ORDER).map(ScriptId::toString).toList();
  }
}
