"""Power cuts and failing disks under the real store: every write and sync point, by seed."""
