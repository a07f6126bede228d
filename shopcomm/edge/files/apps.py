from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FilesConfig(AppConfig):
    name = "shopcomm.edge.files"
    label = "files"
    verbose_name = _("文件导入导出")

    def ready(self) -> None:
        """Clean up by age."""
        from shopcomm.edge.files.purges import register_file_purges

        register_file_purges()
