from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FilesConfig(AppConfig):
    name = "shopcomm.edge.files"
    label = "files"
    verbose_name = _("文件导入导出")

    def ready(self) -> None:
        """Clean up by age, and have a way in on the admin's home for each kind of file."""
        from shopcomm.edge.admin_home.file_imports import FileImport, join_file_import
        from shopcomm.edge.files.kinds import KINDS
        from shopcomm.edge.files.purges import register_file_purges

        register_file_purges()
        for kind in KINDS:
            join_file_import(FileImport(kind.title, kind.about, "files:import", (kind.key,)))
