package io.mistersmith.persistence.config;

import java.time.Duration;
import java.util.List;

/**
 * What a runtime does to its schema.
 *
 * @param migrates whether opening applies the scripts that are missing
 * @param sets the sets of scripts besides the core set
 * @param partitions how often the time partitions are maintained; zero for never
 */
record SchemaUpkeep(boolean migrates, List<String> sets, Duration partitions) {

  static final SchemaUpkeep DEFAULT = new SchemaUpkeep(false, List.of(), Duration.ofHours(1));

  SchemaUpkeep migrating(String... names) {
    for (String name : names) {
      Checks.that(
          name.matches("[a-z][a-z0-9_]{0,62}"),
          "postgres.migrationSets has '"
              + name
              + "'; a set's name is a lower-case letter and up to 62 more letters, digits and"
              + " underscores");
    }
    return new SchemaUpkeep(true, List.of(names), partitions);
  }

  SchemaUpkeep neverMigrating() {
    return new SchemaUpkeep(false, List.of(), partitions);
  }

  SchemaUpkeep withPartitions(Duration every) {
    Checks.that(
        !every.isNegative(),
        "postgres.partitionUpkeep is negative; give how often, or zero for never");
    return new SchemaUpkeep(migrates, sets, every);
  }
}
