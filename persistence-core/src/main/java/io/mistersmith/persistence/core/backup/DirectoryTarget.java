package io.mistersmith.persistence.core.backup;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A directory that keeps backups, on a local disk or a mounted one. A file is written under a name
 * that begins with a dot, synced, and then linked to its own name, and its directory is synced: it
 * is whole or absent after any crash. Several processes can use one directory. Thread-safe.
 */
public final class DirectoryTarget implements BackupTarget {

  private static final int BUFFER = 256 * 1024;

  private final Path root;
  private final DurableDirectory durable;

  /** Keeps backups in {@code root}, which is created when the first file is stored. */
  public DirectoryTarget(Path root) {
    this.root = root.toAbsolutePath().normalize();
    this.durable = new DurableDirectory(this.root);
  }

  private Path file(String path) {
    return root.resolve(BackupTarget.checked(path));
  }

  @Override
  public void put(String path, long size, InputStream content) {
    Path file = file(path);
    Path part = partOf(file, UUID.randomUUID().toString());
    try {
      durable.create(parent(file));
      try (OutputStream out = Files.newOutputStream(part, StandardOpenOption.CREATE_NEW)) {
        copy(path, content, out);
      }
      publish(part, path, size);
    } catch (IOException e) {
      throw DirectoryFailures.of("store " + path, e);
    } finally {
      durable.discard(part);
    }
  }

  /** Tells a failure of the content from one of the disk. */
  private static void copy(String path, InputStream content, OutputStream out) throws IOException {
    byte[] buffer = new byte[BUFFER];
    for (int read = read(path, content, buffer); read >= 0; read = read(path, content, buffer)) {
      out.write(buffer, 0, read);
    }
  }

  private static int read(String path, InputStream content, byte[] buffer) {
    try {
      return content.read(buffer);
    } catch (IOException e) {
      throw DirectoryFailures.ofContent(path, e);
    }
  }

  /** Gives a part that is whole its name. */
  private void publish(Path part, String path, long size) throws IOException {
    Path file = file(path);
    long found = Files.size(part);
    if (size != UNKNOWN_SIZE && size != found) {
      throw new NonTransientPersistenceException(
          DataError.DATA_CORRUPTION,
          path + " has " + found + " bytes, and " + size + " were announced");
    }
    try {
      durable.publish(part, file);
    } catch (FileAlreadyExistsException e) {
      if (Files.mismatch(part, file) >= 0) {
        throw new NonTransientPersistenceException(
            DataError.DUPLICATE_KEY, path + " exists in " + root + " with other content", e);
      }
    }
  }

  @Override
  public InputStream get(String path, long offset) {
    try {
      FileChannel channel = FileChannel.open(file(path), StandardOpenOption.READ);
      return Channels.newInputStream(channel.position(offset));
    } catch (IOException e) {
      throw DirectoryFailures.of("read " + path, e);
    }
  }

  @Override
  public Optional<Stored> find(String path) {
    Path file = file(path);
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return found.isRegularFile() ? Optional.of(stored(file, found)) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw DirectoryFailures.of("look for " + path, e);
    }
  }

  @Override
  public List<Stored> list(String prefix) {
    List<Stored> found = new ArrayList<>();
    Path directory = root.resolve(prefix.substring(0, prefix.lastIndexOf('/') + 1)).normalize();
    if (!directory.startsWith(root) || !Files.isDirectory(directory)) {
      return found;
    }
    try {
      Files.walkFileTree(directory, new Listing(found, prefix));
    } catch (IOException e) {
      throw DirectoryFailures.of("list " + prefix, e);
    }
    found.sort(Comparator.comparing(Stored::path));
    return found;
  }

  private Stored stored(Path file, BasicFileAttributes found) {
    String path = root.relativize(file).toString().replace('\\', '/');
    return new Stored(path, found.size(), Optional.empty(), found.lastModifiedTime().toInstant());
  }

  @Override
  public void delete(String path) {
    Path file = file(path);
    try {
      Files.deleteIfExists(file);
      Files.deleteIfExists(partOf(file, "part"));
      durable.prune(parent(file));
    } catch (IOException e) {
      throw DirectoryFailures.of("delete " + path, e);
    }
  }

  @Override
  public Upload resume(String path, long size) {
    Path file = file(path);
    boolean anew = size == UNKNOWN_SIZE;
    Path part = partOf(file, anew ? UUID.randomUUID().toString() : "part");
    try {
      durable.create(parent(file));
      FileChannel channel =
          FileChannel.open(
              part,
              anew ? StandardOpenOption.CREATE_NEW : StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      return new DirectoryUpload(
          path, channel.position(channel.size()), () -> publish(part, path, size), part, !anew);
    } catch (IOException e) {
      throw DirectoryFailures.of("store " + path, e);
    }
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalStateException(file + " has no directory");
    }
    return parent;
  }

  private static Path partOf(Path file, String name) {
    return file.resolveSibling("." + file.getFileName() + "." + name);
  }

  /** A file that is being written under the name of a part. */
  private final class DirectoryUpload implements Upload {

    private final String path;
    private final FileChannel channel;
    private final Publication publication;
    private final Path part;
    private boolean keep;

    DirectoryUpload(
        String path, FileChannel channel, Publication publication, Path part, boolean keep) {
      this.path = path;
      this.channel = channel;
      this.publication = publication;
      this.part = part;
      this.keep = keep;
    }

    @Override
    public long offset() {
      try {
        return channel.position();
      } catch (IOException e) {
        throw DirectoryFailures.of("store " + path, e);
      }
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      try {
        ByteBuffer rest = ByteBuffer.wrap(bytes, from, length);
        while (rest.hasRemaining()) {
          int unused = channel.write(rest);
        }
      } catch (IOException e) {
        throw DirectoryFailures.of("store " + path, e);
      }
    }

    @Override
    public void complete() {
      keep = false;
      try {
        publication.publish();
      } catch (IOException e) {
        throw DirectoryFailures.of("store " + path, e);
      }
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        throw DirectoryFailures.of("store " + path, e);
      } finally {
        if (!keep) {
          durable.discard(part);
        }
      }
    }
  }

  /** Gives a part its name. */
  @FunctionalInterface
  private interface Publication {

    void publish() throws IOException;
  }

  /** Collects the whole files whose paths begin with a prefix. */
  private final class Listing extends SimpleFileVisitor<Path> {

    private final List<Stored> found;
    private final String prefix;

    Listing(List<Stored> found, String prefix) {
      this.found = found;
      this.prefix = prefix;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      Stored stored = stored(file, attributes);
      boolean whole = !String.valueOf(file.getFileName()).startsWith(".");
      if (whole && attributes.isRegularFile() && stored.path().startsWith(prefix)) {
        found.add(stored);
      }
      return FileVisitResult.CONTINUE;
    }

    /** What another process deleted meanwhile is not there. */
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
      if (failure != null && !(failure instanceof NoSuchFileException)) {
        throw failure;
      }
      return FileVisitResult.CONTINUE;
    }
  }
}
