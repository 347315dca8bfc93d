/**
 * The command line of backups, packed into the executable jar {@code backup-cli.jar}. Uses the API
 * and the targets, as an application would. A module of its own, so that the engine's class path
 * has neither picocli nor a second logging provider.
 */
@NullMarked
package io.mistersmith.persistence.backup.cli;

import org.jspecify.annotations.NullMarked;
