package io.mistersmith.persistence.cli;

import picocli.CommandLine.Command;

@Command(
    name = "advise",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Says what the statistics of PostgreSQL say about indexes and statements. Needs the set"
          + " monitoring."
    },
    subcommands = {
      AdviseIndexesCommand.class,
      AdviseMissingCommand.class,
      AdviseStatementsCommand.class,
      ImplementCommand.class,
      RejectCommand.class
    })
final class AdviseCommand {}
