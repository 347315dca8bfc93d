/**
 * Makes, checks and restores backups of both stores. The stores give it their parts by the
 * interfaces of this package; it alone starts programs.
 */
@NullMarked
package io.mistersmith.persistence.core.internal.backup;

import org.jspecify.annotations.NullMarked;
