//! Memory: what rejections teach, as the managed section of an agent's memory file.
