/** The places that keep backups, and the command line of backup and recovery. */
@NullMarked
package io.mistersmith.persistence.core.backup;

import org.jspecify.annotations.NullMarked;
