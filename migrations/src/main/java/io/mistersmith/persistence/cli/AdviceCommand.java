package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.online.ConcurrentIndex;
import io.mistersmith.persistence.migration.online.IndexRecommendations;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import picocli.CommandLine.Mixin;

/** The options that all commands share which ask the statistics of a database. */
abstract class AdviceCommand implements Callable<Integer> {
  @Mixin final ConnectionOptions connection = new ConnectionOptions();

  @Mixin final OutputOptions output = new OutputOptions();

  final IndexRecommendations recommendations() {
    DataSource source = connection.dataSource();
    return new IndexRecommendations(
        source, new ConcurrentIndex(source, ConcurrentIndex.Settings.defaults()));
  }
}
