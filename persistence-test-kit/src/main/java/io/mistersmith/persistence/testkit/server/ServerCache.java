package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The folder in the user's home that keeps fetched server programs. Entries appear whole or not at
 * all: they are built in a folder beside their place and renamed, under a lock that also holds
 * between JVMs. An entry that is there is never changed, so readers need no lock.
 */
final class ServerCache {
  private static final Object IN_THIS_JVM = new Object();

  private final Path root;

  ServerCache(Path root) {
    this.root = root;
  }

  /** The user's cache: under XDG_CACHE_HOME where that is set, else under ~/.cache. */
  static ServerCache ofUser() {
    String configured = System.getenv("XDG_CACHE_HOME");
    Path home =
        configured == null || configured.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(configured);
    return new ServerCache(home.resolve("mistersmith-persistence"));
  }

  Path path(String entry) {
    return root.resolve(entry);
  }

  /** Returns the entry, built first by the filler (which gets an empty folder) where missing. */
  Path directory(String entry, Consumer<Path> filler) {
    Path target = path(entry);
    if (Files.isDirectory(target)) {
      return target;
    }
    return locked(
        entry,
        () -> {
          if (!Files.isDirectory(target)) {
            build(target, filler);
          }
          return target;
        });
  }

  private void build(Path target, Consumer<Path> filler) {
    Path building = null;
    try {
      Path parent = Files.createDirectories(path("building"));
      building = Files.createTempDirectory(parent, "entry-");
      filler.accept(building);
      Path targetParent = target.getParent();
      if (targetParent != null) {
        Files.createDirectories(targetParent);
      }
      Files.move(building, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not put " + target + " into the server cache", e);
    } finally {
      if (building != null) {
        DirectoryTree.delete(building);
      }
    }
  }

  /** Runs the work while no other thread or JVM runs work of the same name. */
  <T> T locked(String name, Supplier<T> work) {
    synchronized (IN_THIS_JVM) {
      try {
        Path locks = Files.createDirectories(path("locks"));
        Path lockFile = locks.resolve(name.replace('/', '-') + ".lock");
        try (FileChannel channel =
                FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.lock()) {
          if (!lock.isValid()) {
            throw new IllegalStateException("Lost the lock on " + lockFile);
          }
          return work.get();
        }
      } catch (IOException e) {
        throw new UncheckedIOException("Could not lock " + name + " in the server cache", e);
      }
    }
  }
}
