package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Copies and deletes directories with everything in them; symbolic links stay links. */
final class DirectoryTree {
  private DirectoryTree() {}

  /** Copies the source to a target that does not exist yet, with permissions and times. */
  static void copy(Path source, Path target) {
    if (!Files.isDirectory(source)) {
      throw new IllegalArgumentException("There is no directory " + source + " to copy");
    }
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new IllegalArgumentException(
          "The copy's target " + target + " exists already: name a path that does not");
    }
    try {
      Path parent = target.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.walkFileTree(source, new Copier(source, target));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not copy " + source + " to " + target, e);
    }
  }

  /** Deletes the file or directory; what is not there, or goes meanwhile, is no error. */
  static void delete(Path path) {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      Files.walkFileTree(path, new Deleter());
    } catch (IOException e) {
      throw new UncheckedIOException("Could not delete " + path, e);
    }
  }

  /**
   * Deletes the directory, one file of it last, until the time is up; then that file is among what
   * is left.
   *
   * @return whether all is gone
   */
  static boolean delete(Path directory, Path last, BooleanSupplier timeIsUp) {
    try {
      Files.walkFileTree(
          directory,
          new Deleter() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              if (timeIsUp.getAsBoolean()) {
                return FileVisitResult.TERMINATE;
              }
              return file.equals(last)
                  ? FileVisitResult.CONTINUE
                  : super.visitFile(file, attributes);
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
                throws IOException {
              return visited.equals(directory)
                  ? FileVisitResult.CONTINUE
                  : super.postVisitDirectory(visited, failure);
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException("Could not delete " + directory, e);
    }
    if (timeIsUp.getAsBoolean()) {
      return false;
    }
    delete(directory);
    return true;
  }

  private static final class Copier extends SimpleFileVisitor<Path> {
    private final Path source;
    private final Path target;

    Copier(Path source, Path target) {
      this.source = source;
      this.target = target;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      return copyOne(directory);
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      return attributes.isOther() ? FileVisitResult.CONTINUE : copyOne(file);
    }

    private FileVisitResult copyOne(Path path) throws IOException {
      Files.copy(
          path,
          target.resolve(source.relativize(path).toString()),
          StandardCopyOption.COPY_ATTRIBUTES,
          LinkOption.NOFOLLOW_LINKS);
      return FileVisitResult.CONTINUE;
    }
  }

  private static class Deleter extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
      if (failure instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw failure;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.deleteIfExists(directory);
      return FileVisitResult.CONTINUE;
    }
  }
}
