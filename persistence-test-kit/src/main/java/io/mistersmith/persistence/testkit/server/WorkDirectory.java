package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A temporary directory of one server. The JVM that made it holds a lock in it for as long as it
 * lives; a JVM that was killed leaves the directory behind without the lock, and the process that
 * makes the next one sweeps it away.
 */
final class WorkDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkDirectory.class);
  private static final String PREFIX = "persistence-server-";
  private static final String LOCK_FILE = "owner.lock";

  /** Linux keeps its files in memory. */
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  private static final long ENOUGH_MEMORY = 8L << 30;

  /** Between making the directory and locking it, it looks abandoned. */
  private static final Duration YOUNG = Duration.ofMinutes(1);

  /**
   * Not to be opened by the sweep: closing any channel of a file drops the process's locks on it.
   */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel channel;

  private WorkDirectory(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  static WorkDirectory create(String kind) {
    Path temporary = parent();
    sweep(temporary, Instant.now().minus(YOUNG));
    try {
      Path path = Files.createTempDirectory(temporary, PREFIX + kind + "-");
      OWN.add(path);
      FileChannel channel =
          FileChannel.open(
              path.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        throw new IOException("Another process has locked " + path);
      }
      return new WorkDirectory(path, channel);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not make a working directory in " + temporary, e);
    }
  }

  /**
   * Memory where {@code persistence.test.sync} is false and there is plenty: a database is hundreds
   * of small files, which ext4 makes slowly after many were deleted.
   */
  private static Path parent() {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    if (!"false".equals(System.getProperty("persistence.test.sync"))
        || !Files.isWritable(SHARED_MEMORY)) {
      return temporary;
    }
    try {
      FileStore memory = Files.getFileStore(SHARED_MEMORY);
      return memory.type().equals("tmpfs") && memory.getUsableSpace() >= ENOUGH_MEMORY
          ? SHARED_MEMORY
          : temporary;
    } catch (IOException e) {
      LOG.debug(
          "Could not look at {}, so that servers keep their files in {}",
          SHARED_MEMORY,
          temporary,
          e);
      return temporary;
    }
  }

  Path path() {
    return path;
  }

  /** Deletes what JVMs that are no more have left, if it is older than the given time. */
  static void sweep(Path parent, Instant madeBefore) {
    try (Stream<Path> entries = Files.list(parent)) {
      entries
          .filter(entry -> entry.getFileName().toString().startsWith(PREFIX))
          .filter(entry -> !OWN.contains(entry))
          .filter(entry -> isAbandoned(entry, madeBefore))
          .forEach(DirectoryTree::delete);
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("Could not sweep {} of abandoned servers' directories", parent, e);
    }
  }

  private static boolean isAbandoned(Path directory, Instant madeBefore) {
    Path lockFile = directory.resolve(LOCK_FILE);
    if (!Files.isWritable(lockFile)) {
      return false;
    }
    try {
      return Files.getLastModifiedTime(lockFile).toInstant().isBefore(madeBefore)
          && isUnlocked(lockFile);
    } catch (IOException | OverlappingFileLockException sweptByAnother) {
      LOG.debug("Left {} to another sweep", directory, sweptByAnother);
      return false;
    }
  }

  /** Takes the lock for a moment: not to be asked of a young one, whose owner takes it now. */
  private static boolean isUnlocked(Path lockFile) throws IOException {
    try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
        @Nullable FileLock lock = channel.tryLock()) {
      return lock != null;
    }
  }

  /** Deletes the directory with everything in it. */
  @Override
  public void close() {
    unlock();
    DirectoryTree.delete(path);
    OWN.remove(path);
  }

  /** {@link #close}, but leaves to a later process's sweep what takes longer than the limit. */
  void close(Duration limit) {
    unlock();
    long end = System.nanoTime() + limit.toNanos();
    if (!DirectoryTree.delete(path, path.resolve(LOCK_FILE), () -> System.nanoTime() - end > 0)) {
      LOG.debug("Left {} to another sweep", path);
    }
  }

  private void unlock() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Could not unlock " + path, e);
    }
  }
}
