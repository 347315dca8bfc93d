package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.core.backup.DirectoryTarget;
import java.nio.file.Path;
import java.util.Optional;

/** Stores segments of the WAL, one after the other, and prints the name of each when it is. */
final class WalStoringProcess {

  private WalStoringProcess() {}

  /** Arguments: the directories of the target and of the server, and the number of segments. */
  public static void main(String[] args) {
    WalArchive archive = new WalArchive(new DirectoryTarget(Path.of(args[0])), Optional.empty());
    for (String name : WalFiles.names(1, 1, Long.parseLong(args[2]))) {
      archive.store(name, Path.of(args[1]).resolve(name));
      System.out.println(name);
    }
  }
}
