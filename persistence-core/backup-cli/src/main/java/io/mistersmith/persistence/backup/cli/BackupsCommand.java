package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** What all commands share that work on the backups of an installation. */
abstract class BackupsCommand implements Callable<Integer> {

  @Mixin final InstallationOptions installation = new InstallationOptions();

  @Mixin final OutputOptions output = new OutputOptions();

  @Override
  public final Integer call() {
    try (Backups backups = Backups.open(installation.config())) {
      return run(backups);
    }
  }

  /** Does the work; returns the exit code. */
  abstract int run(Backups backups);

  /** Returns the id that was given, or that of the newest whole backup. */
  static String chosen(Backups backups, Optional<String> id) {
    return id.filter(given -> !given.equals("latest"))
        .orElseGet(
            () ->
                backups.list().stream()
                    .filter(entry -> entry.manifest().isPresent())
                    .map(Backups.Entry::id)
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new NonTransientPersistenceException(
                                DataError.NOT_FOUND,
                                "the target has no whole backup; make one with the command"
                                    + " backup")));
  }
}
