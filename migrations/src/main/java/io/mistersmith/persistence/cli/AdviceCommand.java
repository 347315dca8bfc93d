package io.mistersmith.persistence.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** The options that all commands share which ask the statistics of a database. */
abstract class AdviceCommand implements Callable<Integer> {
  @Mixin final ConnectionOptions connection = new ConnectionOptions();

  @Mixin final OutputOptions output = new OutputOptions();
}
