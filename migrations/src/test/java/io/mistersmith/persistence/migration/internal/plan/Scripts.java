package io.mistersmith.persistence.migration.internal.plan;

import io.mistersmith.persistence.migration.internal.script.MigrationSet;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Scripts without content, for tests of their order. */
public final class Scripts {
  private Scripts() {}

  /** A script that depends on others, each written as in a header. */
  static Migration script(String set, String version, String... dependsOn) {
    return new Migration(
        new ScriptId(set, MigrationVersion.parse(version)),
        "x",
        "V" + version + "__x.sql",
        Migration.Kind.SCHEMA,
        "",
        Arrays.stream(dependsOn).map(text -> ScriptId.parse(text, set)).toList(),
        true,
        List.of(),
        List.of(),
        "SELECT 1;",
        Optional.empty(),
        "sum of " + version);
  }

  static MigrationSet set(String name, Migration... scripts) {
    return new MigrationSet(name, List.of(), List.of(scripts));
  }
}
