package io.mistersmith.persistence.core.backup;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes a tree of directories so that a crash of the machine leaves each change done or not done.
 *
 * @param root the top of the tree, which is not removed
 */
record DurableDirectory(Path root) {

  private static final Logger LOG = LoggerFactory.getLogger(DurableDirectory.class);

  /** Creates a directory of the tree with those above it. */
  void create(Path directory) throws IOException {
    List<Path> missing = new ArrayList<>();
    Path next = directory;
    while (next != null && !Files.isDirectory(next)) {
      missing.add(next);
      next = next.getParent();
    }
    Files.createDirectories(directory);
    for (Path created : missing) {
      sync(created.getParent());
    }
  }

  /**
   * Syncs a part, and gives it the name of a file.
   *
   * @throws FileAlreadyExistsException when there is a file of this name; it stays as it is
   */
  void publish(Path part, Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    try {
      Files.createLink(file, part);
    } catch (FileAlreadyExistsException | NoSuchFileException e) {
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      LOG.debug("{} cannot be linked, it is renamed", part, e);
      if (Files.exists(file)) {
        throw new FileAlreadyExistsException(file.toString());
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }
    sync(file.getParent());
  }

  /** A directory that cannot be opened, as on Windows, is synced by its file system. */
  private static void sync(@Nullable Path directory) throws IOException {
    if (directory == null) {
      return;
    }
    FileChannel channel;
    try {
      channel = FileChannel.open(directory, StandardOpenOption.READ);
    } catch (IOException e) {
      LOG.debug("{} is not synced", directory, e);
      return;
    }
    try (channel) {
      channel.force(true);
    }
  }

  /** Deletes a part if it is there. */
  void discard(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      // Nobody reads it, and it goes with the last file of its directory.
      LOG.info("{} could not be deleted: {}", part, e.toString());
    }
  }

  /** Removes what parts are left in a directory without files, and then the empty directories. */
  void prune(Path directory) throws IOException {
    Path next = directory;
    while (next != null && !next.equals(root) && next.startsWith(root) && removeIfEmpty(next)) {
      next = next.getParent();
    }
  }

  private boolean removeIfEmpty(Path directory) throws IOException {
    List<Path> parts = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (!String.valueOf(file.getFileName()).startsWith(".")) {
          return false;
        }
        parts.add(file);
      }
    } catch (NoSuchFileException e) {
      return true;
    }
    parts.forEach(this::discard);
    try {
      return Files.deleteIfExists(directory) || !Files.exists(directory);
    } catch (DirectoryNotEmptyException e) {
      LOG.debug("{} is in use again", directory, e);
      return false;
    }
  }
}
